// The page in a real browser: content, accessibility, and no network requests.

import * as fs from 'node:fs';
import * as path from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions } from 'playwright-core';
import { startBrowser, Visit } from '../../lab/browser';
import { Lab } from '../../lab/lab';
import { LabMove } from '../../lab/move';
import { pool, servers } from '../configurations';
import { buildInto, ROOT, run, UNIT_1 } from '../program';
import { GIBIBYTE, section } from './capacity/samples';

const UNIT_1_FILE = path.join(ROOT, UNIT_1);
const lab = new Lab();
let browser: Browser;
let move: LabMove | undefined;
beforeAll(async () => (browser = await startBrowser()));
afterAll(async () => {
  await browser.close();
  await move?.close();
  await lab.close();
});

const program = path.join(buildInto(lab), 'cdk8s-twemproxy');

/** Writes the page for these arguments, once. */
function report(...args: string[]): Promise<string> {
  const key = args.join(' ');
  const file = path.join(lab.dir, `report-${written.size}.html`);
  const page =
    written.get(key) ??
    run(program, ['report', ...args, '-o', file]).then(({ code, stderr }) => {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return file;
    });
  written.set(key, page);
  return page;
}
const written = new Map<string, Promise<string>>();

const few = lab.write('few.yml', pool('alpha', servers(3), 'hash: murmur'));
const many = lab.write('many.yml', pool('alpha', servers(1000), 'hash: murmur'));
const several = lab.write(
  'several.yml',
  [
    pool('ketama', servers(20), 'hash: md5'),
    pool('modula', ['10.0.0.0:6379:1 small', '/run/big.sock:3 big'], 'distribution: modula', 'hash: md5'),
    pool('random', servers(5), 'distribution: random'),
    pool('alone', servers(1), 'hash: md5'),
    pool('weighted', ['10.0.1.1:6379:1 one', '10.0.1.2:6379:3 three'], 'hash: md5'),
  ].join(''),
);
const ODD = ['</script><img/src=//example.net/x/onerror=alert(1)>', '"><b>&amp;\'', `${'long-'.repeat(30)}ключ-鍵`];
const oddPool = '</title><script>alert(1)</script>';
const odd = lab.write(
  'odd.yml',
  pool(
    oddPool,
    ODD.map((name, i) => `10.0.0.${i}:6379:1 ${name}`),
  ),
);

const failover = lab.write('failover.jsonl', failoverStatus());
const capacity = capacityOfUnit1();

/** Violations of WCAG 2.1 AA and best practices that axe-core finds. */
async function violations({ page }: Visit): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate<{ violations: axe.Result[] }>('axe.run()');
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${String(failureSummary)}`),
  );
}

async function visit<T>(file: string, options: BrowserContextOptions, use: (visit: Visit) => Promise<T>): Promise<T> {
  const visited = await Visit.of(browser, file, options);
  try {
    const result = await use(visited);
    expect(visited.complaints).toEqual([]);
    return result;
  } finally {
    await visited.close();
  }
}

/** The fields of `balance --json` that these tests use. */
interface Balance {
  readonly pools: {
    readonly servers: { readonly server: string; readonly weight: number; readonly share: number }[];
  }[];
}

describe('every page', () => {
  test.each([
    ['with three servers', () => report(few)],
    ['with 108 servers and a plan', () => report(UNIT_1, '--plan', 'dist')],
    ['with 1,000 servers', () => report(many)],
    ['with 108 servers and their capacity', () => withCapacity()],
    ['with several pools', () => report(several)],
    ['with odd names', () => report(odd)],
  ] as const)('%s fits every window, and causes no requests and no errors', async (_, page) => {
    await visit(await page(), {}, async (visited) => {
      for (const width of [360, 768, 1280]) {
        await visited.page.setViewportSize({ width, height: 800 });
        expect({ width, overflow: await visited.overflow() }).toEqual({ width, overflow: 0 });
      }
      await visited.page.emulateMedia({ colorScheme: 'dark' });
      expect(await visited.overflow()).toBe(0);
    });
  });

  test.each([
    ['light', () => report(several)],
    ['dark', () => report(odd)],
    ['dark', () => report(UNIT_1, '--plan', 'dist', '--failover-status', failover)],
    ['dark', () => withCapacity()],
  ] as const)('is accessible (%s)', async (colorScheme, page) => {
    expect(await visit(await page(), { colorScheme }, violations)).toEqual([]);
  });
});

/** The WCAG contrast ratio of two colours such as `#1a7f4b`: 1 to 21. */
function contrast(...colours: [string, string]): number {
  const luminances = colours.map((colour) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  });
  return Math.max(...luminances) / Math.min(...luminances);
}

describe('charts', () => {
  test.each(['light', 'dark'] as const)('have text with enough contrast (%s)', async (colorScheme) => {
    await visit(await report(few), { colorScheme }, async ({ page }) => {
      const colour = (name: string): Promise<string> =>
        page.evaluate(`getComputedStyle(document.documentElement).getPropertyValue('--${name}').trim()`);
      const states = ['moved', 'ready', 'working', 'waiting', 'action', 'unknown'].map((name) => [`on-${name}`, name]);
      for (const [text, ground] of [...states, ['ink', 'card'], ['fair', 'card'], ['quiet', 'page']]) {
        const [one, other] = [await colour(text), await colour(ground)];
        expect({ text, ground, enough: contrast(one, other) >= 4.5 }).toEqual({ text, ground, enough: true });
      }
    });
  });

  test('have a text alternative and a data table', async () => {
    const file = await report(few);
    await visit(file, {}, async ({ page }) => {
      const images = page.getByRole('img');
      const labels = (await images.all()).map((image) => image.getAttribute('aria-label'));
      expect(await Promise.all(labels)).toEqual([
        expect.stringMatching(
          /^Key share of 3 servers\. A fair share is 33\.3 %\. server0 has the largest share, 34\.7 % /,
        ),
        expect.stringMatching(/^The ring of 3 servers\. .* server0 has the largest part of the circle/),
      ]);
      const { stdout } = await run(program, ['balance', '--json', few]);
      const [{ servers: expected }] = (JSON.parse(String(stdout)) as Balance).pools;
      await page.getByText('Key shares as a table').click();
      const rows = await page.getByRole('table', { name: 'Key share of each server' }).getByRole('row').allInnerTexts();
      expect(rows.slice(1).map((row) => row.split('\t').slice(0, 3))).toEqual(
        expected.map(({ server, weight, share }) => [server, String(weight), `${(share * 100).toFixed(3)} %`]),
      );
    });
  });

  test('are drawn to the scale of the shares', async () => {
    const { stdout } = await run(program, ['balance', '--json', UNIT_1]);
    const [{ servers: balanced }] = (JSON.parse(String(stdout)) as Balance).pools;
    const shares = balanced.map(({ share }) => share).sort((a, b) => b - a);
    await visit(await report(UNIT_1), { viewport: { width: 1280, height: 800 } }, async ({ page }) => {
      const bars = '[...document.querySelectorAll("#pool-1-shares .wide rect")]';
      const heights = await page.evaluate<number[]>(`${bars}.map((bar) => Number(bar.getAttribute('height')))`);
      expect(heights.length).toBe(108);
      heights.forEach((height, i) => {
        expect(height / heights[0]).toBeCloseTo(shares[i] / shares[0], 2);
      });
    });
  });

  test('have no ring where there are no arcs', async () => {
    await visit(await report(several), {}, async ({ page }) => {
      const rings = page.getByRole('img', { name: 'The ring of' });
      expect(await rings.count()).toBe(3);
      const text = await page.getByRole('main').innerText();
      expect(text).toContain('No arcs: with distribution: modula');
      expect(text).toContain('None: the distribution is random.');
    });
  });
});

test('odd names are shown as text, and run no script', async () => {
  await visit(await report(odd), {}, async ({ page }) => {
    expect(await page.locator('h2').innerText()).toBe(`Pool ${oddPool}`);
    const names = await page.getByRole('group', { name: 'Servers' }).locator('tbody td:nth-child(2)').allInnerTexts();
    expect(names).toEqual(ODD);
    expect(await page.locator('script, img, b b, iframe').count()).toBe(1);
  });
});

describe('the keyboard', () => {
  test('skips the contents, reaches tables, and opens folded details', async () => {
    await visit(await report(UNIT_1, '--plan', 'dist'), {}, async ({ page }) => {
      await page.keyboard.press('Tab');
      const skip = 'document.querySelector(".skip:focus")?.getBoundingClientRect().top >= 0';
      expect(await page.evaluate(skip)).toBe(true);
      await page.keyboard.press('Enter');
      const focused: string[] = [];
      for (let i = 0; i < 5; i++) {
        await page.keyboard.press('Tab');
        const [text, outline] = await page.evaluate<[string, string]>(
          '[document.activeElement.textContent.trim(), getComputedStyle(document.activeElement).outlineStyle]',
        );
        expect(outline).toBe('solid');
        focused.push(text.slice(0, 21));
        if (text === 'Key shares as a table') await page.keyboard.press('Enter');
      }
      expect(focused).toEqual([
        'Key shares as a table',
        'Key share of each ser',
        'Arcs as a table',
        '',
        'Shards, in the order ',
      ]);
      expect(await page.getByRole('table', { name: 'Key share of each server' }).isVisible()).toBe(true);
    });
  });
});

describe('the filter of a table', () => {
  test('shows the rows with all words', async () => {
    await visit(await report(UNIT_1, '--plan', 'dist'), {}, async ({ page }) => {
      const rows = page.getByRole('table', { name: 'Shards' }).locator('tbody tr:visible');
      expect(await rows.count()).toBe(108);
      await page.getByLabel('Show only rows with').fill('REDIS-07 6381');
      expect(await rows.allInnerTexts()).toEqual([expect.stringContaining('redis-07.unit-1.example.net:6381')]);
      expect(await page.locator('output').innerText()).toBe('1 of 108');
    });
  });

  test('is all that is missing without scripts', async () => {
    await visit(await report(UNIT_1, '--plan', 'dist'), { javaScriptEnabled: false }, async ({ page }) => {
      expect(await page.getByLabel('Show only rows with').isVisible()).toBe(false);
      expect(await page.getByRole('table', { name: 'Shards' }).locator('tbody tr:visible').count()).toBe(108);
      await page.getByText('Arcs as a table').click();
      expect(await page.getByRole('table', { name: 'Arcs of each server' }).isVisible()).toBe(true);
    });
  });
});

/** The output of the failover program for unit-1: one shard has lost its master, one replica is behind, one Sentinel is silent. */
function failoverStatus(): string {
  const problems: Readonly<Record<number, object>> = {
    7: {
      state: 'master lost',
      master: undefined,
      successor: undefined,
      keys: undefined,
      lag: undefined,
      problems: ['unit-1-shard-7:6379: connect ECONNREFUSED; run failover --shards 7 <b>'],
    },
    80: { state: 'behind', successor: undefined, lag: 3 * 1024 * 1024, problems: ['b cannot take over: wait'] },
    90: { votes: [{ sentinel: 's-0:26379', names: 'a' }], problems: [] },
    91: {
      votes: [0, 1, 2].map((i) => ({ sentinel: `s-${i}:26379`, names: null })),
      problems: ['3 of 3 do not monitor it'],
    },
  };
  const shards = Array.from({ length: 107 }, (_, shard) => ({
    shard,
    a: `unit-1-shard-${shard}.unit-1.svc.cluster.local.:6379`,
    b: `unit-1-shard-${shard}-b.unit-1.svc.cluster.local.:6380`,
    state: 'ready',
    master: 'a',
    successor: 'b',
    keys: 1000 + shard,
    lag: 0,
    votes: [0, 1, 2].map((i) => ({ sentinel: `s-${i}:26379`, names: 'a' })),
    problems: [],
    ...problems[shard],
  }));
  const summary = { kind: 'summary', exitCode: 3, fleet: 'unit-1', shardsInFleet: 108, shards };
  return `${JSON.stringify({ time: '2026-05-05T05:05:05.000Z', ...summary })}\n`;
}

test('the status of the failover program shows which shards could fail over, and those with problems first', async () => {
  await visit(await report(UNIT_1, '--plan', 'dist', '--failover-status', failover), {}, async (visited) => {
    const { page } = visited;
    const section = page.locator('#pool-1-replicas');
    expect(await section.innerText()).toContain(
      '104 of 108 shards could fail over now; 1 without a master, or with two; 1 of unknown state.',
    );
    expect(await section.getByRole('img', { name: 'by state' }).getAttribute('aria-label')).toBe(
      '108 shards by state: 1 master lost, 1 behind, 1 ready, too few votes, 1 not in status, 104 ready.',
    );
    const rows = section.getByRole('table').locator('tbody tr:visible');
    const texts = (await rows.allInnerTexts()).map((row) => row.replaceAll(/\s+/g, ' ').trim());
    expect(texts.slice(0, 5)).toEqual([
      expect.stringMatching(
        /^7 ✗ master lost unit-1-shard-7\S+ connect ECONNREFUSED; run failover --shards 7 <b> none none$/,
      ),
      expect.stringMatching(/^80 … behind b cannot take over: wait a unit-1-shard-80 none 3\.0 MiB 1,080 3 of 3$/),
      expect.stringMatching(/^91 ! ready, too few votes 3 of 3 do not monitor it a \S+ b \S+ 0 B 1,091 0 of 3$/),
      expect.stringMatching(/^107 – not in status/),
      expect.stringMatching(/^0 ✓ ready a unit-1-shard-0 b unit-1-shard-0-b 0 B 1,000 3 of 3$/),
    ]);
    await section.getByLabel('Show only rows with').fill('behind');
    expect(await rows.count()).toBe(1);
    await page.setViewportSize({ width: 360, height: 800 });
    expect(await visited.overflow()).toBe(0);
  });
});

/** The output of `capacity --json` for unit-1, from two samples a day apart: shard 7 grows, shard 9 is four times as large. */
async function capacityOfUnit1(): Promise<string> {
  const addresses = fs.readFileSync(UNIT_1_FILE, 'utf8').matchAll(/- ([^ :]+:\d+):\d+/g);
  const names = [...addresses].map(([, address]) => address);
  const sample = (days: number): string =>
    names
      .map((name, i) => {
        const used = (i === 9 ? 4 : 1 + i / 200) * GIBIBYTE + (i === 7 ? days * 0.1 * GIBIBYTE : 0);
        const id = String(i).padStart(40, '0');
        const fields = { run_id: id, used_memory: used, used_memory_peak: used, used_memory_rss: 1.1 * used };
        return `${section(name, { ...fields, uptime_in_seconds: 1000 + days * 86_400 })}maxmemory\n${5 * GIBIBYTE}\n`;
      })
      .join('');
  const files = [0, 1].map((days) => lab.write(`info-${days}.txt`, sample(days)));
  const options = ['--node-memory', '60Gi', '--zones', '3', '--storage', '1Ti'];
  const { stdout } = await run(program, [
    'capacity',
    UNIT_1,
    '--json',
    ...files.flatMap((it) => ['--info', it]),
    ...options,
  ]);
  return lab.write('capacity.json', String(stdout));
}

async function withCapacity(): Promise<string> {
  return report(UNIT_1, '--plan', 'dist', '--capacity', await capacity);
}

test('the capacity shows the proposal, nodes and storage, and for each shard what it needs and when it is full', async () => {
  await visit(await withCapacity(), {}, async (visited) => {
    const { page } = visited;
    const section = page.locator('#pool-1-capacity');
    const tiles = (await section.locator('.tile').allInnerTexts()).map((tile) => tile.replaceAll(/\s+/g, ' '));
    const printed = JSON.parse(fs.readFileSync(await capacity, 'utf8')) as { nodes: number; problems: string[] };
    expect(tiles).toEqual([
      expect.stringMatching(/^Memory of a shard [\d.]+ GiB proposed: request and limit$/),
      expect.stringMatching(/^maxmemory [\d.]+ GiB/),
      `Nodes with 60.0 GiB ${printed.nodes} of 3 zones, one may be lost`,
      expect.stringMatching(/^Storage [\d.]+ TiB of 1.0 TiB$/),
      'Full in 38 days shard 7 first',
    ]);
    expect(printed.problems).toHaveLength(1);
    expect(await section.locator('.findings').innerText()).toContain(printed.problems[0]);
    expect(await section.innerText()).toMatch(/For main\.ts: redis: \{ memory: Size\.\w+\(\d+\), maxmemory: Size/);
    expect(await section.getByRole('img').getAttribute('aria-label')).toMatch(/^Memory of 108 shards, .* The line is/);
    const rows = section.getByRole('table').locator('tbody tr:visible');
    const texts = (await rows.allInnerTexts()).map((row) => row.replaceAll(/\s+/g, ' ').trim());
    expect(texts.slice(0, 2)).toEqual([
      expect.stringMatching(
        /^7 redis-\S+ 1\.1 GiB 1\.1 GiB 5\.0 GiB [\d.]+ GiB [\d.]+ GiB [\d.]+ GiB 102\.4 MiB 38 \d+$/,
      ),
      expect.stringMatching(/^9 redis-\S+ 4\.0 GiB 4\.0 GiB 5\.0 GiB [\d.]+ GiB [\d.]+ GiB [\d.]+ GiB 0 B – –$/),
    ]);
    expect(texts).toHaveLength(108);
    const filter = section.getByLabel('Show only rows with');
    await filter.focus();
    await page.keyboard.type('redis-07');
    expect(await rows.count()).toBeLessThan(20);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.getAttribute("role")')).toBe('group');
  });
});

test('in print, tables are not cut off', async () => {
  await visit(await report(UNIT_1, '--plan', 'dist'), { colorScheme: 'dark' }, async ({ page }) => {
    await page.emulateMedia({ media: 'print' });
    const hidden = '(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)';
    expect(await page.evaluate(`${hidden}(document.querySelector('#pool-1-shards .scroll'))`)).toBe(0);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.getByRole('navigation').isVisible()).toBe(false);
  });
});

test('the page of a real migration shows the state of every shard, and which need action', async () => {
  move = await LabMove.of(lab, { servers: 5, proxies: 0 });
  await move.start();
  await move.old.fill(5);
  await move.run('sync', '--shards', '0-2');
  await move.run('cutover', '--shards', '0-1');
  await move.fleet.stopShard(1);
  const dies = { CDK8S_TWEMPROXY_SIGNAL_AT: 'cutover.held SIGKILL' };
  expect(await move.migratorWith(dies, 'cutover', '--shards', '2', '--hold', 'fence').exit()).toBeNull();
  const live = lab.write('live.yml', move.old.nutcrackerYaml);
  const status = move.migrator('status', '--json');
  expect(await status.exit()).toBe(4);
  const sources = ['--plan', move.fleet.planFile(), '--status', lab.write('status.jsonl', status.output)];
  const file = await report(live, ...sources);

  await visit(file, { viewport: { width: 360, height: 800 } }, async (visited) => {
    const { page } = visited;
    expect(await page.getByRole('img', { name: 'by state' }).getAttribute('aria-label')).toBe(
      '5 shards by state: 1 moved, 2 waiting, 1 new unreachable, 1 in sync, writes held.',
    );
    const [old, fresh] = [move?.old.portOf(1) ?? 0, move?.fleet.portOf(1) ?? 0];
    const actions = page.locator('#pool-1-state .findings > li');
    expect(await actions.allInnerTexts()).toEqual([
      expect.stringMatching(/^!\s+new unreachable: 1 shard\s+Bring the new server back/),
      expect.stringMatching(
        /^!\s+in sync, writes held: 1 shard\s+Writes are held by an interrupted cutover: [^]*shard 2 /,
      ),
    ]);
    expect(await actions.first().innerText()).toContain(
      `shard 1 127.0.0.1:${old} → 127.0.0.1:${fresh}: 127.0.0.1:${fresh}: connect ECONNREFUSED`,
    );
    const states = await page.getByRole('table', { name: 'Shards' }).locator('.state').allInnerTexts();
    expect(states.map((state) => state.replace(/^.\n?/, ''))).toEqual([
      'moved',
      'new unreachable',
      'in sync, writes held',
      'waiting',
      'waiting',
    ]);
    expect(await page.getByRole('progressbar', { name: 'Cutover' }).getAttribute('value')).toBe('1');
    expect(await visited.overflow()).toBe(0);
    expect(await violations(visited)).toEqual([]);
  });
});
