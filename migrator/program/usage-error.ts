// The error for a wrong command line or plan.

/** The plan or the command line is wrong. */
export class UsageError extends Error {}
