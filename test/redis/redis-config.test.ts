import * as fs from 'node:fs';
import * as path from 'node:path';
import { Duration, Size } from 'cdk8s';
import * as fc from 'fast-check';
import { AppendFsync, MaxmemoryPolicy, RedisConfig, RedisConfigAction, type RedisConfigProps } from '../../lib';
import { configData } from '../../lib/redis/redis-conf';
import { ServerPorts } from '../../lib/redis/server-ports';
import { Lab } from '../lab/lab';
import { configOf, withServer } from './real-redis';

const lab = new Lab();
afterAll(() => lab.close());

const oldFile = (version: string) => path.join(__dirname, 'old', `${version}.conf`);
const { KEPT, RENAMED, IGNORED, MOVED_TO_SECRET, COMPUTED, OVERRIDDEN, INCLUDED, ADDED } = RedisConfigAction;

/** The redis.conf of a fleet with this image. */
function rendered(config: RedisConfig, image: string): string {
  return configData({ config, image }, new ServerPorts(6379))['redis.conf'];
}

/** The directives with this action in the report. */
function withAction(config: RedisConfig, action: RedisConfigAction): string[] {
  return config.report.filter((note) => note.action === action).map(({ directive }) => directive);
}

function messageOf(act: () => void): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

function noteOn(config: RedisConfig, directive: string) {
  return config.report.find((note) => note.directive === directive);
}

describe('props', () => {
  test('by default enable the append-only file; everything else has the defaults of Redis', async () => {
    const config = RedisConfig.of();
    expect(config.render()).toBe('appendonly yes\n');
    expect(config.report.map(({ directive }) => directive)).toEqual([]);
    expect(await configOf(lab, config.render())).toMatchObject({
      appendfsync: 'everysec',
      save: '3600 1 300 100 60 10000',
      'maxmemory-policy': 'noeviction',
    });
  });

  test('each sets a value that the real server reports', async () => {
    const props: Required<RedisConfigProps> = {
      appendonly: false,
      appendfsync: AppendFsync.ALWAYS,
      save: [
        { after: Duration.minutes(15), changes: 1 },
        { after: Duration.seconds(30), changes: 500 },
      ],
      maxmemoryPolicy: MaxmemoryPolicy.ALLKEYS_LFU,
      databases: 4,
      timeout: Duration.minutes(1),
      tcpKeepalive: Duration.seconds(30),
      maxclients: 500,
      hz: 50,
      activedefrag: false,
      lazyfree: true,
      slowlogLogSlowerThan: Duration.millis(5),
      slowlogMaxLen: 64,
      latencyMonitorThreshold: Duration.millis(100),
      replBacklogSize: Size.mebibytes(16),
      noAppendfsyncOnRewrite: true,
      autoAofRewritePercentage: 50,
      autoAofRewriteMinSize: Size.gibibytes(1),
      renameCommand: { KEYS: '', FLUSHALL: 'flush all' },
      raw: { 'list-compress-depth': '1', 'Notify-Keyspace-Events': 'Ex' },
    };
    const rendered = RedisConfig.of(props).render();
    expect(await configOf(lab, rendered)).toMatchObject({
      appendonly: 'no',
      appendfsync: 'always',
      save: '900 1 30 500',
      'maxmemory-policy': 'allkeys-lfu',
      databases: '4',
      timeout: '60',
      'tcp-keepalive': '30',
      maxclients: '500',
      hz: '50',
      activedefrag: 'no',
      'lazyfree-lazy-eviction': 'yes',
      'lazyfree-lazy-expire': 'yes',
      'lazyfree-lazy-server-del': 'yes',
      'lazyfree-lazy-user-del': 'yes',
      'lazyfree-lazy-user-flush': 'yes',
      'slowlog-log-slower-than': '5000',
      'slowlog-max-len': '64',
      'latency-monitor-threshold': '100',
      'repl-backlog-size': '16777216',
      'no-appendfsync-on-rewrite': 'yes',
      'auto-aof-rewrite-percentage': '50',
      'auto-aof-rewrite-min-size': '1073741824',
      'list-compress-depth': '1',
      'notify-keyspace-events': 'xE',
    });
    await withServer(lab, rendered, async (client) => {
      expect(await client.call('flush all')).toBe('OK');
      await expect(client.keys('*')).rejects.toThrow('unknown command');
    });
  });

  test('an empty list of save points means no snapshots', async () => {
    expect(await configOf(lab, RedisConfig.of({ save: [] }).render())).toMatchObject({ save: '' });
  });

  test('raw forces a directive of a later version', () => {
    const { image, ...later } = { image: 'redis:7.0', 'of-tomorrow': '64', 'of-today': '' };
    expect(rendered(RedisConfig.of({ raw: later }), image)).toContain('\nof-tomorrow 64\nof-today ""\n');
  });

  test.each<[RedisConfigProps, string]>([
    [{ maxclients: 0 }, 'maxclients 0: redis-server accepts a whole number from 1 to 4294967295'],
    [{ databases: 1.5 }, 'databases 1.5: redis-server accepts a whole number from 1'],
    [{ raw: { appendfsync: 'sometimes' } }, 'appendfsync sometimes: redis-server accepts everysec, always, no'],
    [{ raw: { hz: '"10' } }, 'raw: hz: the quotes of its value are unbalanced'],
    [{ raw: { dir: '/data' } }, 'raw: dir is not allowed: each pod has its own data directory'],
    [{ raw: { SlaveOf: 'a 1' } }, "raw: replicaof is not allowed: a shard's role is kept in its data directory"],
    [{ raw: { requirepass: 'x' } }, 'raw: requirepass is not allowed: a password belongs in a Secret'],
    [{ raw: { 'rename-command': 'KEYS ""' } }, 'raw: rename-command is not allowed; use the prop for it'],
    [{ appendonly: true, raw: { appendonly: 'no' } }, 'raw: appendonly is also set by its prop; remove one of them'],
    [{ renameCommand: { KEY: '' } }, 'rename-command KEY: redis-server has no such command'],
    [
      { renameCommand: { KEYS: 'scan' } },
      'rename-command KEYS: scan is a command of redis-server; choose another name',
    ],
  ])('%j is refused', (props, message) => {
    expect(() => RedisConfig.of(props)).toThrow(message);
  });
});

describe('an old file', () => {
  const expected: [version: string, overrides: RedisConfigProps, config: Record<string, string>][] = [
    [
      '2.8',
      {},
      {
        'tcp-backlog': '1024',
        'tcp-keepalive': '60',
        databases: '8',
        save: '900 1 300 10',
        rdbchecksum: 'no',
        'repl-ping-replica-period': '5',
        'replica-priority': '50',
        'maxmemory-policy': 'volatile-ttl',
        'maxmemory-samples': '7',
        appendonly: 'yes',
        appendfsync: 'always',
        'no-appendfsync-on-rewrite': 'yes',
        'auto-aof-rewrite-percentage': '50',
        'auto-aof-rewrite-min-size': '134217728',
        'busy-reply-threshold': '2500',
        'slowlog-log-slower-than': '20000',
        'slowlog-max-len': '256',
        'notify-keyspace-events': 'xE',
        'hash-max-listpack-entries': '1024',
        'hash-max-listpack-value': '128',
        'set-max-intset-entries': '1024',
        'zset-max-listpack-entries': '256',
        'zset-max-listpack-value': '32',
        activerehashing: 'no',
        'client-output-buffer-limit': 'normal 0 0 0 slave 536870912 134217728 90 pubsub 16777216 4194304 30',
        hz: '20',
        'aof-rewrite-incremental-fsync': 'no',
      },
    ],
    [
      '3.2',
      {},
      {
        save: '',
        appendonly: 'no',
        'list-max-listpack-size': '-1',
        'list-compress-depth': '2',
        'hll-sparse-max-bytes': '2000',
        'repl-diskless-sync': 'no',
        'repl-backlog-size': '8388608',
      },
    ],
    [
      '5.0',
      { renameCommand: { CONFIG: 'CONFIG' } },
      {
        'replica-lazy-flush': 'yes',
        'lazyfree-lazy-expire': 'yes',
        'replica-ignore-maxmemory': 'no',
        'dynamic-hz': 'no',
        'stream-node-max-entries': '50',
        'rdb-save-incremental-fsync': 'no',
        'proto-max-bulk-len': '67108864',
        'client-query-buffer-limit': '268435456',
        'lfu-log-factor': '20',
        appendonly: 'yes',
      },
    ],
    [
      '6.2',
      {},
      {
        'io-threads': '4',
        'oom-score-adj': 'yes',
        'oom-score-adj-values': '0 100 500',
        'jemalloc-bg-thread': 'yes',
        save: '3600 1 300 100',
        'latency-monitor-threshold': '100',
        'tracking-table-max-keys': '5000',
      },
    ],
    [
      '7.0',
      {},
      {
        save: '3600 1 300 100 60 10000',
        'hash-max-listpack-entries': '64',
        'busy-reply-threshold': '1000',
        'shutdown-timeout': '20',
        'shutdown-on-sigterm': 'nosave now',
        'latency-tracking-info-percentiles': '50 99.9',
        'maxmemory-clients': '10%',
        'repl-diskless-sync-max-replicas': '1',
      },
    ],
  ];

  test.each(expected)('of %s means the same to the real server', async (version, overrides, config) => {
    const rendered = RedisConfig.fromFile(oldFile(version), overrides).render();
    expect(await configOf(lab, rendered)).toMatchObject(config);
    // The old name of a directive beside the new one would hide a wrong value.
    expect(rendered).not.toMatch(/^(slave|.*ziplist|.*slaves)/m);
  });

  test('of 2.8 is reported line by line', () => {
    const config = RedisConfig.fromFile(oldFile('2.8'));
    expect(withAction(config, IGNORED)).toEqual([
      ...['daemonize', 'pidfile', 'port', 'bind', 'logfile', 'syslog-enabled', 'dbfilename', 'dir', 'slave-read-only'],
      ...['min-slaves-to-write', 'appendfilename', 'list-max-ziplist-entries', 'list-max-ziplist-value'],
    ]);
    expect(withAction(config, RENAMED)).toEqual([
      ...['slave-serve-stale-data', 'repl-ping-slave-period', 'slave-priority', 'lua-time-limit'],
      ...['hash-max-ziplist-entries', 'hash-max-ziplist-value', 'zset-max-ziplist-entries', 'zset-max-ziplist-value'],
      'client-output-buffer-limit',
    ]);
    expect(withAction(config, MOVED_TO_SECRET)).toEqual(['requirepass']);
    expect(withAction(config, COMPUTED)).toEqual(['maxmemory']);
    expect(withAction(config, ADDED)).toEqual([]);
    const everyLine = Array.from({ length: 51 }, (_, i) => i + 2);
    expect(config.report.map(({ line }) => line)).toEqual(everyLine);
    expect(noteOn(config, 'slave-priority')).toEqual({
      file: oldFile('2.8'),
      line: 24,
      directive: 'slave-priority',
      action: RENAMED,
      message: 'now replica-priority',
      attention: false,
    });
    expect([config.requirepass, config.masterauth, config.maxmemory]).toEqual(['s3cret #1', undefined, '6gb']);
  });

  test('asks for attention if clients may depend on what is lost', () => {
    const attention = (version: string) =>
      RedisConfig.fromFile(oldFile(version))
        .report.filter((note) => note.attention)
        .map(({ directive }) => directive);
    expect(attention('2.8')).toEqual(['requirepass']);
    expect(attention('3.2')).toEqual(['save', 'appendonly', 'slave-announce-ip', 'slaveof']);
    expect(attention('5.0')).toEqual(['rename-command', 'rename-command', 'min-replicas-to-write', 'save']);
    expect(attention('6.2')).toEqual(['user', 'aclfile', 'tls-port', 'tls-cert-file', 'loadmodule', 'server_cpulist']);
    expect(attention('7.0')).toEqual([]);
  });

  test('may include a file next to it', () => {
    const config = RedisConfig.fromFile(oldFile('6.2'));
    expect(withAction(config, INCLUDED)).toEqual(['include']);
    expect(noteOn(config, 'tracking-table-max-keys')).toMatchObject({
      file: path.relative('.', oldFile('common')),
      line: 2,
      action: KEPT,
    });
  });

  test('may include a file by its path on the old machine', () => {
    lab.write('common.conf', 'hz 30\n');
    const file = lab.write('redis.conf', 'include /etc/redis/common.conf\nhz 20\n');
    expect(RedisConfig.fromFile(file).render()).toMatch(/^hz 30\nhz 20\n/);
  });

  test('is overridden by the props, command by command', () => {
    const text = 'save 900 1\nsave 60 1\nrename-command KEYS ""\nrename-command DEBUG ""\nslave-priority 1\n';
    const config = RedisConfig.fromText(text, 'redis.conf', {
      save: [{ after: Duration.hours(1), changes: 1 }],
      renameCommand: { Keys: 'k' },
      raw: { 'slave-priority': '7' },
    });
    expect(withAction(config, OVERRIDDEN)).toEqual(['save', 'save', 'rename-command', 'slave-priority']);
    expect(config.render()).toBe(
      'rename-command DEBUG ""\nappendonly yes\nsave 3600 1\nrename-command Keys k\nreplica-priority 7\n',
    );
  });

  test('has its directives without quotes', () => {
    expect(RedisConfig.fromText('Save "900 1"\nappendonly yes\nrepl-backlog-size 1mb').directives[0]).toEqual({
      name: 'save',
      args: ['900', '1'],
    });
  });

  test.each([
    ['maxclients 0', IGNORED, true, 'no limit up to Redis 2.4'],
    ['rename-command SUBSTRING ""', IGNORED, false, 'redis-server has no command SUBSTRING'],
    ['min-slaves-to-write 1', IGNORED, true, 'would refuse every write'],
    ['slave-read-only no', IGNORED, true, 'a second master'],
    ['vm-enabled yes', IGNORED, true, 'was removed in Redis 2.6'],
    ['hash-max-zipmap-entries 64', RENAMED, false, 'now hash-max-listpack-entries'],
    ['search.maxdoctablesize 10', IGNORED, true, 'a setting of a module'],
    ['rename-command config ""', IGNORED, true, 'keep CONFIG, which the migrator sends by this name; restrict access'],
    ['rename-command config hidden', IGNORED, true, 'goes into the Secret of renamedCommands'],
    ['rename-command ping hidden', IGNORED, true, 'which the probes and the bridge send by this name'],
    ['rename-command flushall hidden', RENAMED, true, 'the new servers have FLUSHALL disabled'],
    ['rename-command info INFO', IGNORED, false, 'the name is the original one'],
    ['rename-command keys ""', KEPT, false, ''],
    ['locale-collate de_DE.UTF-8', IGNORED, true, 'only the locales C and POSIX'],
    ['ignore-warnings s3cret', IGNORED, false, 'only ARM64-COW-BUG'],
    ['proc-title-template "{title} s3cret"', IGNORED, false, 'a process title has no use'],
    ['commandlog-execution-slower-than 5', RENAMED, false, 'now slowlog-log-slower-than'],
    ['primaryauth x', MOVED_TO_SECRET, false, 'all shards of a fleet use the one of requirepass'],
    ['activedefrag yes', KEPT, true, "needs Redis' own jemalloc"],
    ['requirepass ""', MOVED_TO_SECRET, true, 'belongs in a Secret'],
  ])('with %s: %s', (line, action, attention, message) => {
    const config = RedisConfig.fromText(`${line}\n`);
    expect(config.report[0]).toMatchObject({ action, attention, line: 1 });
    expect(config.report[0].message).toContain(message);
    expect(config.requirepass).toBeUndefined();
  });

  test('without a save line gets the default of Redis, with a note', () => {
    expect(noteOn(RedisConfig.fromText('appendonly yes\n'), 'save')).toMatchObject({ action: ADDED, attention: true });
  });

  test('that cannot be used is refused with every line and remedy', () => {
    const text = 'hz 10\nof-tomorrow 64\nappendfsync sometimes\nrequirepass "a\ninclude x.conf\n';
    expect(() => RedisConfig.fromText(text, 'unit-1/redis.conf')).toThrow(
      [
        'unit-1/redis.conf:2: redis-server has no directive of-tomorrow; remove the line, or set it in raw if the version in the image has it',
        'unit-1/redis.conf:3: appendfsync sometimes: redis-server accepts everysec, always, no; change the line, or override it with a prop',
        'unit-1/redis.conf:4: its quotes are unbalanced; close them, and put a space or nothing after the closing one',
        'unit-1/redis.conf:5: x.conf cannot be included from a text; copy its lines here',
      ].join('\n'),
    );
  });

  test.each([
    ['include nowhere.conf', 'nowhere.conf was not found; copy it to'],
    ['include conf.d/*.conf', 'conf.d/*.conf is a pattern; include the files one by one'],
    ['include loop.conf', 'loop.conf includes itself'],
  ])('with %s is refused', (line, message) => {
    const file = lab.write('loop.conf', `${line}\n`);
    expect(() => RedisConfig.fromFile(file)).toThrow(`${file}:1: ${message}`);
  });

  test.each([
    [
      'port 26379\nsentinel monitor shop 10.0.0.1 6379 2\nsentinel auth-pass shop s3cret',
      ":2: this is a Sentinel's configuration",
    ],
    ['hz 10\nactive-replica yes\nmulti-master yes', ':2: this is a configuration of KeyDB'],
    ['alpha:\n  listen: 0.0.0.0:22121\n', ':1: this is YAML, such as a nutcracker.yml'],
    ['hz 10\nbigredis-enabled yes\nof-tomorrow 1', ':2: this is a configuration of Redis Enterprise'],
    ['user default on nopass ~* +@all\nuser shop off', ':1: this is an ACL file (users.acl)'],
    ['*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n', ':1: this is an append-only file (AOF)'],
    ['file appendonly.aof.1.base.rdb seq 1 type b', ':1: this is the manifest of an append-only file'],
  ])('of another program is reported once (%#)', (text, message) => {
    const rest = '; pass the redis.conf of the servers behind Twemproxy';
    expect(() => RedisConfig.fromText(text, 'live.conf')).toThrow(new Error(`live.conf${message}${rest}`));
  });

  test.each([
    ['port 7000\nof-tomorrow 1\ncluster-enabled yes\n', ':3: this is the redis.conf of a node of a Redis Cluster'],
    [`${'0a'.repeat(20)} 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-5\n`, ':1: this is the nodes.conf'],
  ])('of a Redis Cluster is reported once (%#)', (text, message) => {
    const thrown = messageOf(() => RedisConfig.fromText(text, 'live.conf'));
    expect(thrown).toMatch(/; move its keys out of the cluster first: Twemproxy cannot proxy one$/);
    expect(thrown.split('\n')).toEqual([expect.stringContaining(`live.conf${message}`)]);
  });

  test('with bytes that are not text is refused at the first of them, as is a snapshot of redis-server', async () => {
    await withServer(lab, '', (client) => client.save());
    const binary = path.join(lab.dir, 'binary.conf');
    fs.writeFileSync(binary, Buffer.from('hz 10\nof-tomorrow 1\ndir /\xc3\xa9\xff\nx\n\xff', 'latin1'));
    expect(messageOf(() => RedisConfig.fromFile(binary))).toMatch(/:3:8: this byte is not UTF-8 text; [^\n]*$/);
    expect(messageOf(() => RedisConfig.fromFile(`${lab.dir}/dump.rdb`))).toMatch(/:1: this is a snapshot \(RDB\)/);
  });

  test.each([
    ['requirepass ${REDIS_PASSWORD:-s3cret}', 2],
    ['masterauth "{{ redis_password }}"', 2],
    ['user default on >${PASSWORD} ~* +@all', 2],
    ['maxmemory {{ memory }}mb', 2],
    ['<% if save %>', 2],
    ['port <%= @port %>', 2],
    ['{% for point in save %}', 2],
  ])('that is a template is reported once: %s', (line, number) => {
    const thrown = messageOf(() => RedisConfig.fromText(`hz 10\n${line}\nof-tomorrow 1\n`, 'live.conf'));
    expect(thrown).toMatch(new RegExp(`^live.conf:${number}: this is a template [^\n]*; render it first, [^\n]*$`));
    expect(thrown).not.toContain('s3cret');
  });

  test.each(['a${b}c', '$ECRET', '${', '{{', '%X%', 'a{{b}}', '<%=', '$1$x${y}'])(
    'with the password %s is not a template',
    (password) => {
      expect(RedisConfig.fromText(`requirepass ${password}\n`).requirepass).toBe(password);
    },
  );

  test('of 15 MB is refused by its size', () => {
    expect(messageOf(() => RedisConfig.fromText('hz 10\n'.repeat(2_500_000), 'live.conf'))).toMatch(
      /^live.conf:1: the file has 15000000 bytes, and the limit is 1048576; [^\n]*$/,
    );
  });

  test('a directive that raw sets is not checked in the file', () => {
    const config = RedisConfig.fromText('of-tomorrow 64\n', 'redis.conf', { raw: { 'of-tomorrow': '32' } });
    expect(config.render()).toContain('of-tomorrow 32\n');
    expect(withAction(config, OVERRIDDEN)).toEqual(['of-tomorrow']);
  });

  describe('is checked against the release in the image', () => {
    const stock = 'locale-collate ""\nset-max-listpack-entries 128\nset-max-listpack-value 64\n';
    test.each([
      ['docker.io/library/redis:7.2.11-bookworm', stock],
      ['registry.example.net:5000/mirror/redis:7-alpine@sha256:12', stock],
      ['redis:8.4', `${stock}lookahead 4\nhide-user-data-from-log yes\nnotify-keyspace-events Koc\n`],
      ['valkey/valkey:7.2.7', stock],
      ['valkey/valkey:8.1', `${stock}commandlog-request-larger-than -1\nevents-per-io-thread 2\nloglevel nothing\n`],
      ['valkey/valkey:9', `${stock}mptcp yes\nrename-command HEXPIRE ""\n`],
    ])('%s accepts its own directives', (image, text) => {
      expect(rendered(RedisConfig.fromText(text), image)).toContain(text);
    });

    test.each([
      [
        'redis:7.0.15',
        'hz 10\nlocale-collate ""',
        ':2: Redis 7.0 has no directive locale-collate, which came with Redis 7.2 or Valkey 7.2; remove the line, use an image that has it, or set serverVersion',
      ],
      ['redis@sha256:12', 'set-max-listpack-value 64', ':1: Redis 7.0 has no directive set-max-listpack-value'],
      ['redis:7.2', 'lookahead 4', 'Redis 7.2 has no directive lookahead, which came with Redis 8.4;'],
      ['redis:8.10', 'import-mode no', 'Redis 8.10 has no directive import-mode, which came with Valkey 8.1;'],
      ['redis:7.4', 'maxmemory-samples 65', 'maxmemory-samples 65: Redis 7.4 accepts a whole number from 1 to 64'],
      [
        'valkey/valkey:7.2',
        'max-new-connections-per-cycle 5',
        'Valkey 7.2 has no directive max-new-connections-per-cycle',
      ],
    ])('%s refuses %j', (image, text, message) => {
      expect(() => rendered(RedisConfig.fromText(text), image)).toThrow(message);
    });

    test('a command that only a later release has is not renamed, since the server would not start', () => {
      const config = RedisConfig.fromText('rename-command WAITAOF ""\n');
      expect(rendered(config, 'redis:7.2')).toContain('rename-command WAITAOF ""');
      expect(rendered(config, 'redis:7.0')).not.toContain('rename-command');
    });

    test('serverVersion gives the release if the tag does not', () => {
      const config = RedisConfig.fromText('locale-collate ""\n');
      expect(
        configData({ config, image: 'redis@sha256:12', serverVersion: '7.2' }, new ServerPorts(1))['redis.conf'],
      ).toContain('locale');
    });
  });

  test('has its passwords only in the properties for them', () => {
    const password = fc.string({ unit: 'grapheme', minLength: 1 }).map((rest) => `geheim-${rest.replace(/\0/g, '')}`);
    const quoted = (value: string) =>
      [...Buffer.from(value)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
    fc.assert(
      fc.property(password, password, (requirepass, masterauth) => {
        const text = `requirepass "${quoted(requirepass)}"\nmasterauth "${quoted(masterauth)}"\nuser a on >geheim\nhz 10\n`;
        const config = RedisConfig.fromText(text);
        expect([config.requirepass, config.masterauth]).toEqual([requirepass, masterauth]);
        expect(config.render() + JSON.stringify([config.report, config.directives])).not.toContain('geheim');
      }),
    );
  });
});
