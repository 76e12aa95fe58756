// The verdicts once more, over other files and many more than fit in a short run.

process.env.FC_FILES = '6000';
process.env.FC_SEED = '7';
require('./nutcracker-config-verdict.test');
