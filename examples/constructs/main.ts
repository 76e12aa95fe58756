// An example of each construct. The snippets of docs/constructs.md come from the files in this directory.

import { App } from 'cdk8s';
import { escapeHatches } from './escape-hatches';
import { fleetBackup } from './fleet-backup';
import { fleetCharts } from './fleet-charts';
import { fleetMigration } from './fleet-migration';
import { fleetPasswords } from './fleet-passwords';
import { fleetReshard } from './fleet-reshard';
import { networkPolicies } from './network-policies';
import { nfsStorage } from './nfs-storage';
import { redisCluster } from './redis-cluster';
import { redisStatefulSet } from './redis-stateful-set';
import { ring } from './ring';
import { shardStorage } from './shard-storage';
import { twemproxyLayer } from './twemproxy-layer';

const app = new App();
nfsStorage(app);
shardStorage(app);
redisStatefulSet(app);
redisCluster(app);
twemproxyLayer(app);
networkPolicies(app);
fleetMigration(app);
fleetCharts(app);
fleetBackup(app);
fleetPasswords(app);
fleetReshard(app);
escapeHatches(app);
app.synth();
ring();
