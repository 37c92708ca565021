// The report in a browser: it draws what the records contain, and works by pointer and by keyboard.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { run as boundgrad } from '../../cli/run.js';
import { setBackend } from '../../core/index.js';
import type { Run } from '../../reports/record.js';
import { reportPage } from '../../reports/run/page.js';
import { readRun } from '../cli/command.js';
import type { Shown } from '../gpu/suite.js';
import {
  accessible,
  check,
  checkAccess,
  checkWidths,
  nothingWrong,
  opened,
  openParts,
  type Sentence,
  shownOf,
} from './document.js';

const readout = async (page: Page, id: string) => (await page.locator(`#${id}-readout`).textContent()) ?? '';

const sentences: Sentence<[Run[]]>[] = [
  accessible,
  [
    'every plot is drawn, and has figures in its name, except those of the funnel and of the shares',
    async (page) => {
      const plots = page.locator('.plot, canvas[role=img]');
      check((await plots.count()) > 10, `${await plots.count()} plots`);
      for (const plot of await plots.all()) {
        const name = (await plot.getAttribute('aria-label')) ?? '';
        const id = (await plot.getAttribute('id'))!;
        check(/\d/.test(name) || id === 'funnel' || id === 'share', `'${name}' has no figure`);
        const isDrawn = await plot.evaluate((e) => {
          const canvas = e instanceof HTMLCanvasElement ? e : e.querySelector('canvas')!;
          const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
          return data.some((v) => v > 0);
        });
        check(isDrawn, `${id} is empty`);
      }
    },
  ],
  [
    'the arrow keys read the values that the records have',
    async (page, runs) => {
      await page.locator('#test-score').focus();
      await page.keyboard.press('Home');
      for (const { epoch, testAccuracy } of runs[0].epochs.slice(0, 4)) {
        const said = await readout(page, 'test-score');
        const expected = `${runs[0].run.title} ${(100 * testAccuracy!).toFixed(1)} %`;
        check(said.startsWith(`epoch ${epoch}: `) && said.includes(expected), `'${said}' lacks ${expected}`);
        await page.keyboard.press('ArrowRight');
      }
    },
  ],
  [
    'pressing a name in a legend hides its line in every plot, and pressing it again shows the line; the keyboard does so too and keeps the focus',
    async (page) => {
      const key = page.locator('#test-score-readout button').first();
      await key.focus();
      await page.keyboard.press('Enter');
      for (const id of ['test-score', 'test-loss', 'lr']) {
        const pressed = await page.locator(`#${id}-readout button`).first().getAttribute('aria-pressed');
        check(pressed === 'false', `${id}: ${pressed}`);
      }
      const focused = await page.evaluate(() => document.activeElement?.getAttribute('data-name'));
      check(focused === (await key.getAttribute('data-name')), `the focus is on ${focused}`);
      await page.keyboard.press('Enter');
      check((await key.getAttribute('aria-pressed')) === 'true', 'it does not come back');
    },
  ],
  [
    'while a name in a legend is pointed at, or focused, its line is in front in its plot; afterwards the plot is as before',
    async (page) => {
      const shot = () => page.locator('#test-loss canvas').evaluate((c) => (c as HTMLCanvasElement).toDataURL());
      const key = page.locator('#test-loss-readout button').first();
      const before = await shot();
      await key.hover();
      const pointed = await shot();
      check(pointed !== before, 'pointing changes nothing');
      await page.mouse.move(0, 0);
      check((await shot()) === before, 'the plot stays changed');
      await page.locator('#test-loss').focus();
      await page.keyboard.press('Tab');
      check((await shot()) === pointed, 'the focus changes nothing');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      check((await shot()) === before, 'the plot stays changed after the focus');
    },
  ],
  [
    'smoothing and the logarithmic axis change a plot, but not its numbers',
    async (page) => {
      const shot = () => page.locator('#step-loss canvas').evaluate((c) => (c as HTMLCanvasElement).toDataURL());
      const [before, said] = [await shot(), await readout(page, 'step-loss')];
      const figure = page.locator('figure', { has: page.locator('#step-loss') });
      await figure.locator('input[type=range]').fill('0');
      const rough = await shot();
      check(rough !== before, 'smoothing changes nothing');
      check((await readout(page, 'step-loss')) === said, 'the numbers changed');
      const axis = () => page.locator('#lr canvas').evaluate((c) => (c as HTMLCanvasElement).toDataURL());
      const [linear, rates] = [await axis(), await readout(page, 'lr')];
      await page
        .locator('figure', { has: page.locator('#lr') })
        .getByRole('button', { name: 'log' })
        .click();
      check((await axis()) !== linear, 'the axis does not change');
      check((await readout(page, 'lr')) === rates, 'the numbers changed');
    },
  ],
  [
    'a plot is downloaded as PNG and as CSV, whose rows are those of the records',
    async (page, runs) => {
      const figure = page.locator('figure', { has: page.locator('#test-loss') });
      const bytes = async (name: string) => {
        const [saved] = await Promise.all([
          page.waitForEvent('download'),
          figure.getByRole('button', { name, exact: true }).click(),
        ]);
        return { name: saved.suggestedFilename(), bytes: readFileSync(await saved.path()) };
      };
      const png = await bytes('PNG');
      check(png.name === 'test-loss.png' && png.bytes.subarray(1, 4).toString() === 'PNG', png.name);
      const csv = await bytes('CSV');
      const [head, ...rows] = csv.bytes.toString().trim().split('\r\n');
      check(csv.name === 'test-loss.csv' && head === `epoch,${runs.map((r) => r.run.title).join()}`, head);
      const expected = runs[0].epochs.map((e, i) => [e.epoch, ...runs.map((r) => r.epochs[i].testLoss)].join());
      check(rows.join() === expected.join(), `${rows[0]}, expected ${expected[0]}`);
    },
  ],
  [
    'on a phone, 390 pixels wide, nothing is wider than the page, and a table that scrolls says so',
    async (page) => {
      await checkWidths(page, [390]);
      const hint = await page
        .locator('#result ~ .split .wide')
        .first()
        .evaluate((e) => [e.scrollWidth > e.clientWidth, getComputedStyle(e, '::after').content]);
      check(hint[0] === true && String(hint[1]).includes('scrolls'), `${hint}`);
    },
  ],
  [
    'on a wide screen the plots stand side by side, three in a row',
    async (page) => {
      await page.setViewportSize({ width: 1800, height: 900 });
      await page.waitForTimeout(1000);
      const tops = await page
        .locator('.figures')
        .first()
        .locator('.plot')
        .evaluateAll((all) => all.slice(0, 3).map((e) => Math.round(e.getBoundingClientRect().top)));
      check(new Set(tops).size === 1, `${tops}`);
    },
  ],
];

/** Checks the sentences. Returns the outcome of each. */
export async function reportShown(context: BrowserContext): Promise<Shown[]> {
  await setBackend('reference');
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-report-'));
  const words = ['--optim', 'sgdm,adabound', '--epochs', '5', '--backend', 'reference', '--json'];
  const [points, images] = ['points', 'images'].map((name) => join(folder, name));
  const write = process.stdout.write;
  process.stdout.write = () => true;
  try {
    await boundgrad(['compare', '--data', 'spirals', ...words, '--out', points]);
    const one = ['train', '--data', 'fashion-mnist-sample', '--model', 'mlp', '--optim', 'adam', '--max-steps', '5'];
    await boundgrad([...one, '--json', '--out', images]);
  } finally {
    process.stdout.write = write;
  }
  const runs = ['sgdm', 'adabound'].map((key) => readRun(points, key));
  const file = join(folder, 'report.html');
  writeFileSync(file, reportPage(runs));
  const { page, wrong } = await opened(context, file);
  const ofImages: Sentence = [
    'the report of a net for images has its errors as pictures, its confusion matrix, and no violation',
    async (page) => {
      writeFileSync(file, reportPage([readRun(images, 'adam')]));
      await page.reload();
      check((await page.locator('.mistakes canvas').count()) === 24, 'not 24 pictures');
      check((await page.locator('.heat tbody td').count()) === 100, 'no confusion matrix');
      await openParts(page);
      await checkAccess(page);
    },
  ];
  const ofSweep: Sentence = [
    'the committed page of a sweep has no violation, with every part open, and nothing that is wider than a phone',
    async () => {
      const sweep = await opened(context, 'docs/sweeps/lenet.html');
      await openParts(sweep.page);
      await checkAccess(sweep.page);
      await checkWidths(sweep.page, [390]);
      check(sweep.wrong.length === 0, sweep.wrong.join('; '));
      await sweep.page.close();
    },
  ];
  const shown = await shownOf(page, [...sentences, ofImages, ofSweep, nothingWrong(wrong)], runs);
  await page.close();
  rmSync(folder, { recursive: true, force: true });
  return shown;
}
