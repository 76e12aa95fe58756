// What every run of the tests has, whoever starts it: at a terminal or not. Jest's `process.env` is a copy, which programs
// get from the helpers that start them, not by themselves.

import fc from 'fast-check';

// The same random examples; FC_SEED in the environment chooses others.
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20) });

// Servers run as users of their own, and have to read what a test writes for them.
process.umask(0o022);

// Whether programs print colours is for them to say; at a terminal, Jest has them forced.
delete process.env.FORCE_COLOR;
delete process.env.NO_COLOR;

// With this, `script` runs its command.
process.env.SHELL = '/bin/sh';
