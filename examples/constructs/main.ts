// An example of each construct; docs/constructs.md takes its snippets from the files beside this one.

import { App } from 'cdk8s';
import { escapeHatches } from './escape-hatches';
import { fleetCharts } from './fleet-charts';
import { fleetMigration } from './fleet-migration';
import { networkPolicies } from './network-policies';
import { nfsStorage } from './nfs-storage';
import { redisStatefulSet } from './redis-stateful-set';
import { ring } from './ring';
import { shardStorage } from './shard-storage';
import { twemproxyLayer } from './twemproxy-layer';

const app = new App();
nfsStorage(app);
shardStorage(app);
redisStatefulSet(app);
twemproxyLayer(app);
networkPolicies(app);
fleetMigration(app);
fleetCharts(app);
escapeHatches(app);
app.synth();
ring();
