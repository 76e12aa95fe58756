// Makes every test run the same, at a terminal or not. Jest's `process.env` is a copy, which programs get only from the
// helpers that start them.

import fc from 'fast-check';

// The same random examples in every run; FC_SEED in the environment selects others.
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20) });

// Servers run as other users, and must be able to read the files of a test.
process.umask(0o022);

// Programs decide themselves whether to print colors; at a terminal, Jest would force them.
delete process.env.FORCE_COLOR;
delete process.env.NO_COLOR;

// The shell with which `script` runs its command.
process.env.SHELL = '/bin/sh';
