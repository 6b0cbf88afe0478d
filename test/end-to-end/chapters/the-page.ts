import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answersOf } from '../../support/answers.ts';
import { type OpenBrowser, openBrowser } from '../../support/browser.ts';
import { withEdit } from '../../support/edit.ts';
import { jsonResult, type Running, startPtp } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';
import { until } from '../../support/until.ts';

interface CostRow {
  readonly name: string;
  readonly used?: { readonly cpu: number; readonly memory: number };
}

/** What is shown of the live system: in a real browser, by `cost` and `report`. */
export function thePage(system: System): void {
  const source = join(system.place.folder, 'system/frontend/src/app.tsx');
  const line = 'Each click makes one, gives it an id, and keeps it.';
  let browser: OpenBrowser;
  let page: Page;
  let serving: Running;
  let url: string;
  const complaints: string[] = [];
  beforeAll(async () => {
    await system.must('up');
    serving = startPtp(system.place, ['ui', '--json']);
    url = String((await serving.saw(({ kind }) => kind === 'ui')).url);
    browser = await openBrowser();
    page = await browser.context.newPage();
    page.setDefaultTimeout(120_000);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await browser?.close();
    serving?.child.kill('SIGINT');
    await serving?.ended;
  });

  const view = (name: string) => page.getByRole('navigation', { name: 'Views' }).getByText(name).click();
  const current = async () =>
    (
      jsonResult(await system.must('history', '--json')).releases as readonly {
        number: number;
        current: boolean;
      }[]
    ).find((one) => one.current)?.number ?? 0;

  test('the page shows the system, and its data is for nobody without its token', async () => {
    const bare = new URL('/', url).href;
    for (const path of ['api/page', 'api/events', 'api/logs?part=gateway'])
      expect((await fetch(`${bare}${path}`)).status).toBe(401);
    await page.goto(url);
    expect(page.url()).toBe(bare);
    await page.getByText('all parts serve').waitFor();
    await page.getByRole('row', { name: /^gateway.*2 of 2 ready/ }).waitFor();
    const paint = await page.evaluate<number>(
      "performance.getEntriesByName('first-contentful-paint')[0].startTime",
    );
    console.info(
      `the page's first paint: ${Math.round(paint)} ms, its script ${await scriptSize()} bytes compressed`,
    );
    expect(await scriptSize()).toBeLessThan(200_000);
  });

  test('it has no violation of accessibility, in light and dark, wide and narrow', async () => {
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 360],
    ] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      for (const name of [
        'Now',
        'Releases',
        'Questions',
        'Evidence',
        'Drills',
        'Cost',
        'Logs',
        'Decisions',
      ]) {
        await view(name);
        await page
          .getByRole('heading', { level: 2, name, includeHidden: true })
          .waitFor({ state: 'attached' });
        await page.getByText('Looking…').waitFor({ state: 'detached' });
        if (name === 'Questions') await page.locator('summary').first().click();
        expect(await violations(page), `${name}, ${colorScheme}`).toEqual([]);
        const wide = await page.evaluate(
          'document.documentElement.scrollWidth > document.documentElement.clientWidth',
        );
        expect(wide, `${name} at ${width}`).toBe(false);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test('a rollout from another terminal is seen as it happens', async () => {
    const before = await current();
    const facts = async () => (await answersOf(system)).flatMap((one) => one.facts);
    const told = async (...wanted: readonly string[]) => {
      const all = await facts();
      return wanted.map((one) => all.find(({ what }) => what === one)?.is);
    };
    const earlier = await told('image of frontend', 'release that serves', 'what frontend is deployed by');
    await view('Now');
    await withEdit(source, [line, line.replace('click', 'touch')], async () => {
      const up = startPtp(system.place, ['up', '--json']);
      const run = page.locator('.run[data-state=running]');
      await run.waitFor();
      await run.locator('[data-step=deploy].running').waitFor();
      await page.getByRole('row', { name: /^frontend.*more while replaced/ }).waitFor();
      const traffic = page.getByRole('region', { name: 'Requests during the rollout' });
      await traffic
        .locator('div', { hasText: /^requests/ })
        .first()
        .waitFor();
      if (process.env.PTP_SCREENSHOT) await screenshot(page, 'ui-rollout.png');
      expect((await up.ended).code).toBe(0);
      await page.locator('.run[data-state=done]').waitFor();
      expect(Number(await traffic.locator('dd').first().innerText())).toBeGreaterThan(20);
      await page.getByText(`release ${before + 1}`, { exact: true }).waitFor();
    });
    const later = await told('image of frontend', 'release that serves', 'what frontend is deployed by');
    for (const [index, value] of later.entries()) expect(value).not.toBe(earlier[index]);
    expect(later[1]).toContain(String(before + 1));
    expect(await told('image of backend', 'replaced by it')).toEqual([
      (await told('image of backend'))[0],
      'frontend',
    ]);
    expect((await told(`requests during the rollout of release ${before + 1}`))[0]).toMatch(
      /, of which 0 failed$/,
    );
  });

  test('the button that goes back asks first, says what would change, and then goes back', async () => {
    const now = await current();
    await view('Releases');
    const button = page.getByRole('button', { name: `Return to release ${now - 1}…` });
    await button.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('.spec.template.spec.containers[name=frontend].image').waitFor();
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Leave it as it is' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await current()).toBe(now);
    await button.click();
    await dialog.getByRole('button', { name: `Return to release ${now - 1}`, exact: true }).click();
    await page.locator(`[data-release="${now + 1}"].current`, { hasText: 'back to release' }).waitFor();
    expect(await current()).toBe(now + 1);
    await dialog.waitFor({ state: 'hidden' });
  });

  test('nothing on the way was complained of by the browser', () => {
    expect(complaints).toEqual([]);
  });

  test('the report is one file that needs nothing else, and has all of it', async () => {
    const file = join(system.place.folder, 'report.html');
    await system.must('report', file);
    const other = await browser.context.newPage();
    const asked: string[] = [];
    other.on('request', (request) => asked.push(request.url()));
    await other.goto(`file://${file}`);
    expect(asked.filter((one) => !one.startsWith('data:'))).toEqual([`file://${file}`]);
    for (const name of [
      'The system',
      'What is promised',
      'The path',
      'Questions and answers',
      'Releases',
      'Evidence',
      'Drills',
      'Cost',
      'Decisions',
    ])
      expect(await other.getByRole('heading', { level: 2, name, exact: true }).count(), name).toBe(1);
    expect(await other.locator('.question').count()).toBeGreaterThan(20);
    expect(await violations(other)).toEqual([]);
    // On paper nothing scrolls: what is wider would be cut off. A phone scrolls tables by themselves.
    for (const [media, width, apart] of [
      ['print', 680, 'svg, .hidden'],
      ['screen', 360, 'svg, .hidden, .scroll'],
    ] as const) {
      await other.emulateMedia({ media });
      await other.setViewportSize({ width, height: 900 });
      const cut = await other.evaluate<readonly string[]>(
        `[...document.querySelectorAll('body *')]
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('${apart}'))
          .map((one) => one.textContent.slice(0, 80))`,
      );
      expect(cut, media).toEqual([]);
    }
    await other.close();
  });

  test('what parts use agrees with the cluster’s own metrics, under a load that is known', async () => {
    const door = await system.door();
    let asking = true;
    const load = Array.from({ length: 12 }, async () => {
      while (asking) await door.send('GET', '/api/');
    });
    try {
      // The kubelet looks at its pods every ten seconds or so: what it counted is from then, as it says itself.
      let before: readonly Sample[] = [];
      let cpu = 0;
      const seen = await until(
        'what is told of the gateway agrees with what is measured',
        async () => {
          const now = await measured(system, 'gateway', 'pod_cpu_usage_seconds_total');
          if (now.every(({ pod, at }) => at > (before.find((one) => one.pod === pod)?.at ?? 0))) {
            cpu = sumOf(now, ({ pod, value, at }) => {
              const earlier = before.find((one) => one.pod === pod);
              return earlier === undefined ? 0 : (value - earlier.value) / ((at - earlier.at) / 1000);
            });
            before = now;
          }
          const rows = jsonResult(await system.must('cost', '--json')).rows as readonly CostRow[];
          const told = rows.find(({ name }) => name === 'gateway')?.used ?? { cpu: 0, memory: 0 };
          const memory = sumOf(
            await measured(system, 'gateway', 'pod_memory_working_set_bytes'),
            ({ value }) => value,
          );
          return { told, cpu, memory };
        },
        // Both are means over some seconds, and not over the same ones; idle it takes a tenth of this.
        ({ told, cpu, memory }) =>
          cpu > 0.005 && Math.abs(Math.log2(told.cpu / cpu)) < 1 && Math.abs(told.memory / memory - 1) < 0.2,
      );
      console.info(`gateway: ${seen.told.cpu.toFixed(3)} processors told, ${seen.cpu.toFixed(3)} measured`);
    } finally {
      asking = false;
      await Promise.all(load);
    }
  });
}

/** What the kubelet has counted for a pod, and when (milliseconds since 1970). */
interface Sample {
  readonly pod: string;
  readonly value: number;
  readonly at: number;
}

const sumOf = (samples: readonly Sample[], of: (sample: Sample) => number) =>
  samples.reduce((sum, sample) => sum + of(sample), 0);

/** A metric of the kubelet's `/metrics/resource`, for each pod of a part. */
async function measured(system: System, part: string, metric: string): Promise<readonly Sample[]> {
  const pods = (await system.podsOf(part)).map(({ name }) => name);
  const text = await system.cluster(async (client) => {
    const nodes = await client.get<{
      readonly items: readonly { readonly metadata: { readonly name: string } }[];
    }>('/api/v1/nodes');
    const signal = AbortSignal.timeout(30_000);
    const chunks: Uint8Array[] = [];
    for (const { metadata } of nodes.items)
      for await (const chunk of await client.stream(
        `/api/v1/nodes/${metadata.name}/proxy/metrics/resource`,
        {},
        signal,
      ))
        chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  });
  const lines = text.split('\n').filter((one) => one.startsWith(`${metric}{`));
  return pods.flatMap((pod) => {
    const [, value, at] = lines.find((one) => one.includes(`pod="${pod}"`))?.split(' ') ?? [];
    return value === undefined ? [] : [{ pod, value: Number(value), at: Number(at) }];
  });
}

/** What axe finds wrong with a page as it is. */
async function violations(page: Page): Promise<readonly string[]> {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(axe);
  const found = await page.evaluate<readonly { id: string; nodes: readonly { html: string }[] }[]>(
    'axe.run().then(({ violations }) => violations)',
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** Bytes of the page's script as it is sent. */
async function scriptSize(): Promise<number> {
  const folder = join(process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp'), 'page');
  const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /client\/assets\/.*\.js$/.test(name))
    .map((name) => gzipSync(readFileSync(join(folder, name))).length);
  return Math.max(...sizes);
}

async function screenshot(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  const path = join(import.meta.dirname, '../../../docs/images', name);
  await page.screenshot({ path, clip: { x: 0, y: 0, width: 1280, height: 700 } });
}
