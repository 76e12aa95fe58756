export * from './algorithms';
export { ConfigWarning } from './config-warnings';
export { HashRing, ServerShare } from './hash-ring';
export * from './nutcracker-config';
export * from './nutcracker-pool';
export * from './nutcracker-server';
export { RingDiff, RingMove } from './ring-diff';
