// Every run of the tests looks at the same random examples; FC_SEED in the environment chooses others.

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20) });
