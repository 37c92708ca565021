// The poster in a browser, made from the committed records: it draws what they contain.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { parsePanelRecords } from '../../cli/poster/panelRecords.js';
import { posterPage } from '../../reports/poster/page.js';
import type { Section } from '../../reports/poster/panel.js';
import { panels } from '../../reports/poster/panels.js';
import { sizeOf } from '../../reports/poster/rates.js';
import { quick } from '../../reports/poster/recipe.js';
import { runs, trainings } from '../../reports/poster/task.js';
import type { Shown } from '../gpu/suite.js';
import { accessible, check, checkWidths, nothingWrong, opened, type Sentence, shownOf } from './document.js';

const RECORDS = 'docs/poster';
const recipe = quick();

/** The panels as the records fill them. */
function fill(): Section[] {
  return panels
    .filter(({ key }) => readdirSync(RECORDS).includes(`${key}.jsonl`))
    .map((panel) => {
      const path = join(RECORDS, `${panel.key}.jsonl`);
      const { sessions, done } = parsePanelRecords(readFileSync(path, 'utf8'), path);
      return { panel, tasks: panel.tasks(recipe), sessions, done };
    });
}

const doneOf = (filled: Section[], key: string) => filled.find(({ panel }) => panel.key === key)!.done;

const sentences: Sentence<[Section[]]>[] = [
  accessible,
  [
    'the index has each claim with its verdict and stays in sight; the funnel comes first, over all columns',
    async (page, filled) => {
      const claims = filled.flatMap(({ panel, done }) => panel.verdict(done).findings);
      const listed = await page.locator('nav .verdicts li li').allTextContents();
      const expected = claims.map(
        ({ claim, outcome }) =>
          `${claim} ${{ supported: '✓', contradicted: '✗', inconclusive: '?' }[outcome]} ${outcome}`,
      );
      check(listed.join('|') === expected.join('|'), listed.join('|'));
      await page.setViewportSize({ width: 1800, height: 900 });
      await page.locator('#losses').scrollIntoViewIfNeeded();
      const top = await page.locator('nav').evaluate((e) => e.getBoundingClientRect().top);
      check(top >= 0 && top < 50, `the index is at ${top}`);
      const boxes = await page
        .locator('.panels > section')
        .evaluateAll((all) => all.map((e) => e.getBoundingClientRect().width));
      check(boxes[0] > 1.9 * boxes[1], `${boxes}`);
      check(
        (await page.locator('.panels > section h2').first().textContent())!.includes('AdaBound begins as Adam'),
        'not first',
      );
    },
  ],
  [
    'every plot is drawn, and has a name for those who cannot see it',
    async (page) => {
      const plots = page.locator('.plot, .heat .wide');
      check((await plots.count()) > 10, `${await plots.count()} plots`);
      for (const plot of await plots.all()) {
        const name = (await plot.getAttribute('aria-label')) ?? '';
        check(name.length > 20, `a plot is called '${name}'`);
        check((await plot.locator('canvas, svg rect, td').count()) > 0, `${name}: nothing is drawn`);
      }
    },
  ],
  [
    'the slider, moved by keys, goes through all steps, and every bar is the share that the records say',
    async (page, filled) => {
      const { looks } = trainings(doneOf(filled, 'funnel'), 'adabound')[0].result;
      await page.locator('#funnel-moments-slider').focus();
      await page.keyboard.press('Home');
      for (const { step, used, lo, hi } of looks) {
        const drawn = await page.locator('#funnel-moments svg').evaluate((svg) => {
          const [most, height] = ['data-most', 'data-height'].map((name) => Number(svg.getAttribute(name)));
          const bars = [...svg.querySelectorAll('rect')].map((bar) => {
            const number = (name: string) => Number(bar.getAttribute(name));
            return {
              bin: number('data-bin'),
              x: number('x'),
              width: number('width'),
              share: (most * number('height')) / height,
            };
          });
          const bounds = [...svg.querySelectorAll('.bound')].map(
            (b) => [b.getAttribute('data-bound'), Number(b.getAttribute('x1'))] as const,
          );
          return { step: Number(svg.getAttribute('data-step')), bars, bounds };
        });
        check(drawn.step === step, `step ${drawn.step}, expected ${step}`);
        check(drawn.bars.length > 5, `${drawn.bars.length} bars`);
        const all = sizeOf(used);
        let [seen] = [0];
        for (const { bin, share } of drawn.bars) {
          // The page rounds to five decimals.
          check(
            Math.abs(share - used[bin] / all) < 1e-5,
            `step ${step}, bin ${bin}: ${share}, expected ${used[bin] / all}`,
          );
          seen += used[bin];
        }
        check(seen === all, `step ${step}: ${all - seen} weights are in no bar`);
        for (const [name, x] of drawn.bounds) {
          const at = (Math.log10(name === 'lo' ? lo : hi!) + 8) * 5 + 1;
          const bar = drawn.bars.find(({ bin }) => bin === Math.floor(at))!;
          // A bar is a pixel narrower than its bin.
          const expected = bar.x - 0.5 + (at - bar.bin) * (bar.width + 1);
          check(Math.abs(x - expected) < 0.5, `step ${step}: ${name} at ${x}, expected ${expected}`);
        }
        await page.keyboard.press('ArrowRight');
      }
    },
  ],
  [
    'figures of four kinds are downloaded as PNG and as CSV',
    async (page) => {
      for (const id of ['funnel-moments', 'funnel-course', 'extremes-heat', 'batches'])
        for (const [name, ending] of [
          ['PNG', 'png'],
          ['CSV', 'csv'],
        ]) {
          const figure = page.locator(`figure:has(#${id}), figure#${id}`);
          const [saved] = await Promise.all([
            page.waitForEvent('download'),
            figure.getByRole('button', { name, exact: true }).click(),
          ]);
          check(saved.suggestedFilename() === `${id}.${ending}`, saved.suggestedFilename());
          check(readFileSync(await saved.path()).length > 300, `${id}.${ending} is empty`);
        }
    },
  ],
  [
    'a line plot, focused, is read with the arrow keys: what it says is in the records',
    async (page, filled) => {
      const adam = runs(doneOf(filled, 'theorems'), 'cycle').find(({ task }) => task.optim === 'adam')!;
      await page.locator('#cycle-regret').focus();
      await page.keyboard.press('Home');
      for (const { t, average } of adam.result.points.slice(0, 5)) {
        const said = (await page.locator('#cycle-regret-readout').textContent()) ?? '';
        const expected = [`step t ${t}: `, average! > 0 ? `Adam ${Number(average!.toPrecision(4))}` : 'Adam –'];
        check(
          expected.every((part) => said.includes(part)),
          `'${said}' lacks ${expected}`,
        );
        await page.keyboard.press('ArrowRight');
      }
    },
  ],
  [
    'on a phone, 390 pixels wide, nothing is wider than the page, in light and in dark',
    async (page) => {
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        await checkWidths(page, [390], colorScheme);
        const canvas = await page.locator('#cycle-regret canvas').first().boundingBox();
        check(canvas !== null && canvas.x + canvas.width <= 390, 'a plot is wider than the page');
      }
    },
  ],
];

/** Checks the sentences. Returns the outcome of each. */
export async function posterShown(context: BrowserContext): Promise<Shown[]> {
  const filled = fill();
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-poster-'));
  const file = join(folder, 'poster.html');
  writeFileSync(file, posterPage(filled, recipe, null));
  const { page, wrong } = await opened(context, file);
  const shown = await shownOf(page, [...sentences, nothingWrong(wrong)], filled);
  await page.close();
  rmSync(folder, { recursive: true, force: true });
  return shown;
}
