// The lab in a browser, from the file that the command writes: its numbers equal Node's, the keyboard alone suffices, and it loads nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { fashionMnistSample, optimizers } from '../../index.js';
import { readFragment } from '../../web/core/fragment.js';
import { netPresets, presets } from '../../web/core/presets.js';
import { programOf } from '../../web/core/program.js';
import { racePresets } from '../../web/core/racePresets.js';
import { runState } from '../../web/core/run.js';
import { catalogOf, type SurfaceState } from '../../web/core/state.js';
import { labPage } from '../../web/labPage.js';
import type { Shown } from '../gpu/suite.js';
import { isNear } from '../near.js';
import { check, checkAccess, checkWidths, nothingWrong, opened, type Sentence, shownOf } from './document.js';
import { ruleSentences, WIDTHS } from './labRules.js';
import { drawn, found, hold, load, press, release, settled } from './labSteps.js';

/** The page's own interface for tests. */
declare const lab: { rooms: readonly string[]; load(fragment: string): void; run(): Promise<number[]> };

const catalog = catalogOf(optimizers);
const images = () => fashionMnistSample();
/** The numbers that `boundgrad lab --state --json` prints, as JSON. */
const numbersOf = async (fragment: string) =>
  JSON.stringify((await runState(readFragment(fragment, catalog).state, images)).map(({ value }) => value));
const runIn = (page: Page, fragment: string) =>
  page.evaluate(async (text) => {
    lab.load(text);
    return JSON.stringify(await lab.run());
  }, fragment);
const stepShown = async (page: Page) => Number(await page.locator('.step b').getAttribute('data-value'));
const valuesShown = (page: Page) =>
  page.locator('.values td[data-value]').evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-value')));
/** A net that trains in a second, and whose bounds close on many weights. */
const NET = '#room=funnel&data=moons&steps=40&batch=100&rule=adabound,gamma:0.05';
const trained = (page: Page) => found(page, /^At step/);
const unrolled = (page: Page) => page.locator('.lines li').first().waitFor();
const PAIR = 'steps=60&rule=adam,lr:0.1&rule=adabound,lr:0.1&at=30';

/** Races that end in seconds: on points, images and texts. */
const RACE = '#room=nets&data=moons&steps=40&batch=100&rule=adam,lr:0.01&rule=adabound,lr:0.01';
const RACES = [
  `${RACE}&change=10,2,finalLr:1&change=20,1,schedule:cosine&change=30,2,lr:0.001&slice=ends`,
  `${RACE.replace('moons', 'spirals')}&slice=random&rule=own,gamma:0.3`,
  '#room=nets&data=fashion&steps=4&batch=16&rule=sgdm&rule=adabound',
  '#room=nets&data=fashion&net=mlp&steps=6&batch=16&rule=adam',
  '#room=nets&data=loomings&steps=6&batch=8&rule=adam,lr:0.01&rule=lion',
  `#room=nets&data=text&text=${'a%20b%C3%BC%E6%B5%B7'.repeat(60)}&steps=6&batch=8&rule=adam,lr:0.01`,
];
const raced = (page: Page) => found(page, /^After step/);
const sliced = async (page: Page) => {
  await raced(page);
  await page.locator('.slice table').first().waitFor({ state: 'attached' });
};

/** A user's table. */
const TABLE = {
  name: 'own, table.csv',
  text: `x,y,colour\n${Array.from({ length: 80 }, (_, i) => `${i % 9},${(5 * i) % 13},${i % 9 > 4 ? 'red' : 'blue'}`).join('\n')}`,
};

const sentences: Sentence[] = [
  [
    'on a first visit the page begins to play by itself, and says what the room is for',
    async (page) => {
      await page.waitForFunction(() => Number(document.querySelector('.step b')?.textContent) > 0);
      check(
        ((await page.locator('[data-room=surface] .intro p').first().textContent()) ?? '').length > 40,
        'no sentence',
      );
    },
  ],
  [
    'the numbers of every preset are those of the command: to the last digit, or to 1e-12 where a logarithm or a cosine is in them',
    async (page) => {
      for (const { fragment, question } of [{ fragment: '#', question: 'the first state' }, ...presets]) {
        const [here, there] = [await runIn(page, fragment), await numbersOf(fragment)];
        const { problem } = readFragment(fragment, catalog).state as SurfaceState;
        const isExact = ['rosenbrock', 'saddle', 'cycle', 'beale'].includes(problem);
        const [found, expected]: number[][] = [JSON.parse(here), JSON.parse(there)];
        const areNear = found.every((v, i) => isNear(v, expected[i], 1e-12));
        check(
          isExact ? here === there : areNear && found.length === expected.length,
          `${question}: ${here}, expected ${there}`,
        );
      }
    },
  ],
  [
    'the address holds the state: what is loaded from it gives the same numbers and the same address',
    async (page) => {
      const fragment = '#problem=beale&start=1,1&rule=adam,lr:0.07,betas:0.8;0.99&rule=adabound,lr:0.07&steps=40&at=7';
      const first = await runIn(page, fragment);
      await page.waitForFunction(() => location.hash.startsWith('#lab=1&by='));
      const written = await page.evaluate(() => location.hash);
      check((await runIn(page, written)) === first, 'other numbers');
      await page.waitForTimeout(400);
      check((await page.evaluate(() => location.hash)) === written, `another address than ${written}`);
    },
  ],
  [
    'playing again after scrubbing back shows the same values',
    async (page) => {
      await load(page, '#steps=60');
      await settled(page);
      await page.locator('.transport input[type=range]').focus();
      await press(page, 'End');
      const end = await valuesShown(page);
      await press(page, 'Home');
      check((await stepShown(page)) === 0, 'Home does not show the start');
      check(JSON.stringify(await valuesShown(page)) !== JSON.stringify(end), 'the start has the values of the end');
      await page.locator('.play').press('Enter');
      await page.waitForFunction(() => document.querySelector('.step b')?.textContent === '60');
      check(JSON.stringify(await valuesShown(page)) === JSON.stringify(end), 'other values at the end');
    },
  ],
  [
    'a key on the slider pauses also where it does not move the slider: Home at step 0',
    async (page) => {
      await load(page, '#at=0');
      await settled(page);
      await page.locator('.play').click();
      await page.evaluate(() => {
        const slider = document.querySelector<HTMLInputElement>('.transport input[type=range]')!;
        slider.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true }));
      });
      await page.locator('.play[aria-label=Play]').waitFor();
      const paused = await stepShown(page);
      await page.waitForTimeout(300);
      check((await stepShown(page)) === paused, `it plays on from ${paused}`);
    },
  ],
  [
    'by keys alone, playing stops at the first clip and continues from there; the address contains the option only while it is on',
    async (page) => {
      await load(page, '#at=0');
      await settled(page);
      await page.locator('.transport input[type=range]').focus();
      await press(page, 'Home');
      await page.locator('.transport input[type=checkbox]').focus();
      await press(page, 'Space');
      await page.waitForFunction(() => location.hash.includes('stop=clip'));
      await page.locator('.play').press('Enter');
      await page.waitForFunction(() => Number(document.querySelector('.step b')?.textContent) > 0);
      await page.locator('.play[aria-label=Play]').waitFor();
      const stopped = await stepShown(page);
      const first = await page.locator('.findings li').filter({ hasText: 'is clipped' }).allTextContents();
      const steps = first.map((text) => Number(/at step (\d+)/.exec(text)?.[1]));
      check(stopped > 0 && stopped === Math.min(...steps), `stopped at ${stopped}, clipped first at ${steps}`);
      await page.locator('.play').press('Enter');
      await page.waitForFunction(() => document.querySelector('.step b')?.textContent === '120');
      await page.evaluate(() => (document.activeElement as HTMLElement).blur());
      await press(page, 'c');
      await page.waitForFunction(() => !location.hash.includes('stop'));
    },
  ],
  [
    'the sentences below the plane have the singular for one free step, and say so if nothing was clipped and no limit was passed',
    async (page) => {
      await load(page, '#steps=9&rule=adabound,lr:0.1,gamma:0.5');
      await found(page, /is clipped after 1 free step: at step 2 /);
      await load(page, '#steps=9&rule=lion');
      await found(page, /^No rate was clipped, and no rule passed a stability limit\.$/);
    },
  ],
  [
    'a new run plays from its own start and stops at its own clip, not at that of the last run; after a refused run playing ends at once',
    async (page) => {
      await load(page, '#stop=clip&at=0');
      await settled(page);
      await hold(page);
      await load(page, '#problem=beale&stop=clip');
      await page.waitForTimeout(500);
      check((await stepShown(page)) === 0, `it plays the last run to step ${await stepShown(page)}`);
      check(await page.locator('.play[aria-label=Pause]').isVisible(), 'it does not play');
      await release(page);
      await page.locator('.play[aria-label=Play]').waitFor();
      const steps = (await page.locator('.findings li').filter({ hasText: 'is clipped' }).allTextContents()).map(
        (text) => Number(/at step (\d+)/.exec(text)?.[1]),
      );
      check((await stepShown(page)) === Math.min(...steps), `stopped at ${await stepShown(page)}, clipped at ${steps}`);
      await load(page, '#rule=adam,lr:-1&at=0');
      await found(page, /A rule cannot run/);
      await page.locator('.play').press('Enter');
      await page.locator('.play[aria-label="Play again"]').waitFor();
    },
  ],
  [
    'the program of the run can be copied; the room of one step offers no program',
    async (page) => {
      await load(page, '#steps=3');
      await settled(page);
      const copied = await page.evaluate(async () => {
        let text = '';
        const take = (given: string) => Promise.resolve((text = given)).then(() => {});
        Object.defineProperty(navigator, 'clipboard', { value: { writeText: take }, configurable: true });
        const buttons = [...document.querySelectorAll<HTMLElement>('.actions button')];
        buttons.find((button) => button.textContent === 'copy as program')!.click();
        await new Promise((resolve) => setTimeout(resolve));
        return text;
      });
      check(copied === programOf(readFragment('#steps=3', catalog).state, catalog), copied);
      await load(page, '#room=step');
      await page.locator('[data-room=step]').waitFor();
      check((await page.locator('.actions button').count()) === 2, 'another number of buttons');
    },
  ],
  [
    'by keys alone: a question, the step at which AdaBound passes its stability limit, one step on, the start, and a rate',
    async (page) => {
      await load(page, '#');
      await settled(page);
      await page.locator('.questions a').nth(4).focus();
      await press(page, 'Enter');
      await page.waitForFunction(() => location.hash.includes('rosenbrock'));
      await found(page, /diverged/);
      await page.locator('.findings button').nth(1).press('Enter');
      const limit = await stepShown(page);
      check(limit > 100, `the stability limit is passed at ${limit}`);
      await page.locator('.transport button').nth(2).press('Enter');
      check((await stepShown(page)) === limit + 1, 'one step on');
      await page.locator('.start').focus();
      await press(page, 'ArrowRight');
      await page.waitForFunction(() => location.hash.includes('start=') && !location.hash.includes('start=-1.2,1'));
      await page.locator('.rule input[type=text]').first().fill('0.002');
      await page.waitForFunction(() => location.hash.includes('lr:0.002'));
    },
  ],
  [
    'everything that can be used is reached by Tab, with a name and a visible focus',
    async (page) => {
      await load(page, '#');
      await settled(page);
      await page.locator('h1 a').focus();
      const seen = new Set<string>();
      for (let i = 0; i < 80; i++) {
        await press(page, 'Tab');
        const { what, outline } = await page.evaluate(() => {
          const e = document.activeElement as HTMLElement;
          return { what: `${e.tagName} ${e.className} ${e.id}`, outline: getComputedStyle(e).outlineStyle };
        });
        if (what.startsWith('BODY')) break;
        check(outline !== 'none', `${what}: no visible focus`);
        seen.add(what);
      }
      for (const part of ['stage', 'start', 'play', 'SELECT', 'SUMMARY', 'INPUT', 'A '])
        check(
          [...seen].some((what) => what.includes(part)),
          `${part} is not reached: ${[...seen].join('; ')}`,
        );
    },
  ],
  [
    'a damaged address, a bad formula and a bad rate are explained in place, and the last run stays',
    async (page) => {
      await load(page, '#problem=own&steps=20');
      await settled(page);
      await load(page, '#rule=adamm');
      check(/cannot be read.*adamm/.test((await page.locator('.notice').textContent()) ?? ''), 'no notice');
      await page.locator('.field.wide input').fill('x^2 + ');
      check(
        /character|expected/i.test((await page.locator('.field.wide .wrong').textContent()) ?? ''),
        'the formula is not explained',
      );
      await page.locator('.field.wide input').fill('x^2 + y^4');
      await page.waitForFunction(() => location.hash.includes('y%5E4') || location.hash.includes('y^4'));
      const rate = page.locator('.rule input[type=text]').first();
      await rate.fill('fast');
      check(
        /not a number/.test((await page.locator('.rule .wrong').first().textContent()) ?? ''),
        'the rate is not explained',
      );
      await rate.fill('1e6');
      await found(page, /diverged/);
    },
  ],
  [
    'one step is unrolled by keys alone: from a finding to its equations, with the code, and the numbers of the command',
    async (page) => {
      await load(page, '#');
      await settled(page);
      await page.locator('.findings a').first().press('Enter');
      await page.locator('[data-room=step] .lines li').first().waitFor();
      check(/AdaBound, y, step 10/.test((await page.locator('h3').textContent()) ?? ''), 'another step');
      check((await page.locator('.lines pre').count()) >= 6, 'code is missing');
      check(
        /clip\(r, lo, hi\)/.test((await page.locator('.lines').textContent()) ?? ''),
        'the clip is not in the code',
      );
      await page.locator('.choice input').first().focus();
      const heading = async () => (await page.locator('h3').textContent()) ?? '';
      await hold(page);
      await press(page, 'ArrowDown');
      await drawn(page);
      check(/^AdaBound, y/.test(await heading()), `the equations of AdaBound have the heading ${await heading()}`);
      await release(page);
      await page.waitForFunction(() => /^Adam, y/.test(document.querySelector('h3')?.textContent ?? ''));
      const fragment = '#room=step&rule=adam,lr:0.1&rule=adabound,lr:0.1&of=y,2&at=12&problem=beale';
      check((await runIn(page, fragment)) === (await numbersOf(fragment)), 'other numbers than the command');
    },
  ],
  [
    'the numbers of a net, on images and on points, and those of one step of a weight, have the digits of the command',
    async (page) => {
      for (const fragment of [
        NET,
        '#room=funnel&steps=3&batch=16',
        `${NET.replace('funnel', 'step')}&of=3.weight,40&at=9`,
      ]) {
        const [here, there] = [await runIn(page, fragment), await numbersOf(fragment)];
        check(here === there, `${fragment}: ${here}, expected ${there}`);
      }
    },
  ],
  [
    'by keys alone: a layer, a weight, the step at which its rate leaves Adam’s, and the equation that says why',
    async (page) => {
      await load(page, NET);
      await trained(page);
      const layer = page.getByLabel('Layer');
      await layer.focus();
      await layer.press('3');
      await page.waitForFunction(() => location.hash.includes('of=3.weight'));
      await page.locator('.picks-row button').nth(2).press('Enter');
      await page.waitForFunction(() => /leaves Adam/.test(document.querySelector('.sentence')?.textContent ?? ''));
      const step = Number(await page.locator('.sentence b[data-value]').getAttribute('data-value'));
      await page.locator('.sentence a').press('Enter');
      await page.locator('[data-room=step] .lines li').first().waitFor();
      const clipAt = (t: number) =>
        page
          .waitForFunction(
            (t) =>
              document.querySelector('h3 [data-value]')?.textContent === String(t) &&
              document.querySelector('.tag')?.textContent,
            t,
          )
          .then(async (tag) => String(await tag.jsonValue()).trim());
      check((await clipAt(step)) === 'at the ceiling', `step ${step} is not clipped`);
      await page.locator('.transport button').nth(1).press('Enter');
      check(step === 1 || (await clipAt(step - 1)) === 'free', `step ${step - 1} is clipped`);
      check(/none, as in Adam/.test((await page.locator('.derivation table').textContent()) ?? ''), 'no comparison');
    },
  ],
  [
    'a click on the density chooses a weight, which the address then names; the other units change the bounds that are shown',
    async (page) => {
      await load(page, NET);
      await trained(page);
      const plot = page.locator('.plot.picks');
      await plot.scrollIntoViewIfNeeded();
      await drawn(page);
      const box = (await plot.boundingBox())!;
      await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
      await page.waitForFunction(() => /of=[\w.]+,\d+/.test(location.hash));
      await page.locator('.sentence').waitFor();
      const hi = () => page.locator('.values td[data-value]').nth(2).getAttribute('data-value');
      const before = Number(await hi());
      await page.getByLabel('Rates in units of').selectOption('heavy');
      await page.waitForFunction(() => location.hash.includes('units=heavy'));
      const ratio = Number(await hi()) / before;
      check(Math.abs(ratio - 0.1) < 1e-9, `the bounds changed by ${ratio}`);
    },
  ],
  [
    'rooms keep their states; a net’s bad weight, bad rate and bad batch are explained in place',
    async (page) => {
      await load(page, '#room=funnel&data=moons&steps=40&rule=sgdm&of=3.weight,5000');
      await page.waitForFunction(() =>
        /has no element 5000: its elements are 0 to 1023/.test(document.querySelector('main')!.textContent!),
      );
      await page.getByLabel('batch', { exact: true }).fill('none');
      check(
        /not a number/.test((await page.locator('.controls .wrong').first().textContent()) ?? ''),
        'the batch is not explained',
      );
      await page.getByLabel('lr', { exact: true }).fill('1e39');
      await found(page, /stopped before step/);
      await page.locator('.rooms a').first().press('Enter');
      await page.locator('[data-room=surface]').waitFor();
      await page.locator('.rooms a').nth(2).press('Enter');
      await found(page, /stopped before step/);
    },
  ],
  [
    'what is typed stays as it was typed, also before the first frame of a room; another address replaces it',
    async (page) => {
      const said = await page.evaluate(async () => {
        lab.load('#problem=beale');
        await new Promise(requestAnimationFrame);
        lab.load('#room=funnel&data=moons&steps=4');
        const batch = () => document.querySelector<HTMLInputElement>('.funnel-room .card input[type=text]');
        while (!batch()) await null;
        const input = [...document.querySelectorAll('label')].find((label) => label.textContent === 'batch')!;
        const field = document.getElementById(input.htmlFor) as HTMLInputElement;
        field.value = 'none';
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
        for (let i = 0; i < 10; i++) await new Promise(requestAnimationFrame);
        return [field.value, document.querySelector('.controls .wrong')?.textContent];
      });
      check(/^none,not a number/.test(said.join()), `not kept: ${said}`);
      await load(page, '#problem=beale&steps=20');
      const start = page.getByLabel('start x', { exact: true });
      for (const typed of ['-0.5', '.05', '2.50']) {
        await start.focus();
        await press(page, 'Control+a');
        // As fast as a person types: each key is followed by a frame.
        for (const key of typed) {
          await press(page, key);
          await page.waitForTimeout(60);
        }
        check((await start.inputValue()) === typed, `typed ${typed}, shown ${await start.inputValue()}`);
        await page.waitForFunction((x) => location.hash.includes(`start=${x},`), Number(typed));
      }
      await load(page, '#problem=beale&steps=20&start=1.5,1');
      await page.waitForFunction(() => [...document.querySelectorAll('input')].some(({ value }) => value === '1.5'));
      check((await start.inputValue()) === '1.5', `shown ${await start.inputValue()}`);
    },
  ],
  [
    'until a new net has taken its first step, the page shows nothing about the weight of the previous net',
    async (page) => {
      await load(page, NET);
      await trained(page);
      await hold(page);
      await load(page, '#room=funnel&net=lenet&steps=2&batch=8&of=conv1.weight,0');
      await drawn(page);
      const text = (await page.locator('main').textContent()) ?? '';
      await release(page);
      check(!/no parameter|of conv1/.test(text), text);
      await page.waitForFunction(() =>
        /conv1.weight\[0\]/.test(document.querySelector('.sentence')?.textContent ?? ''),
      );
    },
  ],
  [
    'a race has the digits of the command: points, images and texts, with changes during the run, a custom rule, and slices',
    async (page) => {
      for (const fragment of RACES) {
        const [here, there] = [await runIn(page, fragment), await numbersOf(fragment)];
        check(here === there, `${fragment}: ${here}, expected ${there}`);
      }
    },
  ],
  [
    'the numbers of every question about nets are those of the command, to the last digit',
    async (page) => {
      for (const { fragment, question } of [...netPresets, ...racePresets]) {
        const [here, there] = await Promise.all([runIn(page, fragment), numbersOf(fragment)]);
        check(here === there, `${question}: ${here}, expected ${there}`);
      }
    },
  ],
  [
    'a rate changes during the run: the address has the change and gives the same digits again, and the change can be removed',
    async (page) => {
      await load(page, RACE);
      await raced(page);
      await page.locator('.transport input[type=range]').focus();
      await press(page, 'Home', ...new Array(19).fill('ArrowRight'));
      check((await stepShown(page)) === 19, 'another step');
      await page.getByRole('group', { name: 'Change during the run' }).getByLabel('Rule').selectOption('1');
      await page.getByLabel('What').selectOption('finalLr');
      await page.getByLabel('becomes').fill('much');
      check(/not a number: 'much'/.test((await page.locator('.card .wrong').textContent()) ?? ''), 'not explained');
      await page.getByLabel('becomes').fill('2');
      await page.getByRole('button', { name: 'change it at step 20' }).press('Enter');
      await page.waitForFunction(() => location.hash.includes('change=20,2,finalLr:2'));
      await raced(page);
      check(
        /From step 20 on, AdaBound has finalLr 2/.test((await page.locator('.changes').textContent()) ?? ''),
        'no list',
      );
      const written = await page.evaluate(() => location.hash);
      const here = await page.evaluate(async () => JSON.stringify(await lab.run()));
      check(here === (await numbersOf(written)), 'other digits than the command');
      check(here !== (await numbersOf(RACE)), 'nothing has changed');
      check((await runIn(page, written)) === here, 'other digits when it is loaded');
      await raced(page);
      await page.getByRole('button', { name: /^Remove: AdaBound finalLr 2/ }).press('Enter');
      await page.waitForFunction(() => !location.hash.includes('change'));
    },
  ],
  [
    'the value of a change can be cleared and typed anew, and the change is marked on both curves',
    async (page) => {
      await load(page, RACE);
      await raced(page);
      const pictures = () =>
        page
          .locator('.race-room .plots .plot canvas')
          .evaluateAll((all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
      await page.locator('.transport input[type=range]').focus();
      await press(page, 'End');
      await drawn(page);
      const before = await pictures();
      check(before.length === 2, `${before.length} plots`);
      await press(page, 'Home', ...new Array(19).fill('ArrowRight'));
      await page.getByRole('group', { name: 'Change during the run' }).getByLabel('Rule').selectOption('0');
      await page.getByLabel('What').selectOption('lr');
      const value = page.getByLabel('becomes');
      await value.focus();
      await press(page, 'End', ...new Array(4).fill('Backspace'));
      check((await value.inputValue()) === '', `cleared, it has ${await value.inputValue()}`);
      // The rule has this rate already, so the curves stay as they are.
      await page.keyboard.type('0.01');
      await page.getByRole('button', { name: 'change it at step 20' }).press('Enter');
      await page.waitForFunction(() => location.hash.includes('change=20,1,lr:0.01'));
      await raced(page);
      await page.locator('.transport input[type=range]').focus();
      await press(page, 'End');
      await drawn(page);
      const after = await pictures();
      check(
        after.every((picture, i) => picture !== before[i]),
        'no mark',
      );
      await page.getByRole('button', { name: /^Remove: Adam lr/ }).press('Enter');
      await page.waitForFunction(() => !location.hash.includes('change'));
      await raced(page);
      await page.locator('.transport input[type=range]').focus();
      await press(page, 'End');
      await drawn(page);
      check(JSON.stringify(await pictures()) === JSON.stringify(before), 'the mark stays');
    },
  ],
  [
    'a slice is requested once, also if the reader scrubs while it is computed',
    async (page) => {
      await load(page, RACE);
      await raced(page);
      const asked = await page.evaluate(async () => {
        const asked: unknown[] = [];
        const { postMessage } = Worker.prototype;
        Worker.prototype.postMessage = function (this: Worker, message: { kind: string }) {
          if (message.kind === 'slice') asked.push(message);
          postMessage.call(this, message);
        } as typeof postMessage;
        const list = [...document.querySelectorAll('select')].find(
          (each) => each.value === '' && each.options.length === 3,
        )!;
        list.value = 'ends';
        list.dispatchEvent(new Event('change', { bubbles: true }));
        const steps = document.querySelector<HTMLInputElement>('.transport input[type=range]')!;
        for (let step = 1; step <= 10; step++) {
          steps.value = String(step);
          steps.dispatchEvent(new Event('input', { bubbles: true }));
          await new Promise(requestAnimationFrame);
        }
        Worker.prototype.postMessage = postMessage;
        return asked.length;
      });
      check(asked === 1, `${asked} requests`);
      await page.locator('.slice table').waitFor();
    },
  ],
  [
    'if a run is refused, the shown results keep the names of their own rules, and the facts of other data are not shown',
    async (page) => {
      const names = () => page.locator('.values table').first().locator('tbody th').allTextContents();
      for (const room of ['surface', 'nets&data=fashion&net=mlp&batch=8', 'theorems']) {
        await load(page, `#room=${room}&steps=20&rule=adam&rule=sgdm`);
        await page.waitForFunction(() =>
          /^\s*Adam\s*SGDM\s*$/.test(
            [...(document.querySelector('.values table')?.querySelectorAll('tbody th') ?? [])]
              .map((th) => th.textContent)
              .join(' '),
          ),
        );
        await load(page, `#room=${room}&steps=20&rule=lion&rule=adam,lr:-1&rule=sgdm`);
        await found(page, /./);
        const shown = (await names()).map((name) => name.trim()).join();
        check(shown === 'Adam,SGDM', `${room}: ${shown}`);
      }
      await load(page, '#room=nets&data=moons&steps=20&rule=adam,lr:-1');
      await found(page, /./);
      check(!/61,706|109,386|images train/.test((await page.locator('.controls').textContent()) ?? ''), 'other facts');
      check((await page.locator('.images li').count()) > 0, 'the figures of the shown race are replaced');
    },
  ],
  [
    'the answer of a question stays while the reader changes its run, with a way back, and disappears with another problem',
    async (page) => {
      await load(page, '#room=theorems');
      const why = page.locator('[data-room=theorems] .why');
      await why.getByText('Adam divides').waitFor();
      const answer = await why.textContent();
      // First the address becomes the answer's. It is written some time after a change of the run, so the link back leads to the
      // present address, which causes no hashchange.
      await page.waitForFunction(() => location.hash.startsWith('#lab=1&by='));
      await page.getByLabel('C', { exact: true }).fill('12');
      await why.getByText('You have changed the run since').waitFor();
      check((await why.textContent())!.startsWith(answer!), 'another answer');
      await why.getByRole('link').press('Enter');
      await page.waitForFunction((answer) => document.querySelector('.why')!.textContent === answer, answer);
      await page.getByLabel('Losses', { exact: true }).selectOption('theorem3');
      await page.waitForFunction(() => document.querySelector('.why')!.textContent === '');
    },
  ],
  [
    'a CSV file is chosen or dropped, its column is chosen, and its numbers are those of the command; a file that is not a table is refused in place',
    async (page) => {
      const drop = (name: string, text: string) =>
        page.evaluate(
          ({ name, text }) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], name));
            document.querySelector('main')!.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
          },
          { name, text },
        );
      await load(page, '#room=nets&data=moons&steps=5');
      await page.locator('.race-room').waitFor();
      // A room listens from its first frame on.
      await drawn(page);
      await drop('not.csv', 'just a line');
      await page.waitForFunction(() => /not a table/.test(document.querySelector('.card .wrong')?.textContent ?? ''));
      await load(page, '#room=nets&data=csv&steps=30&batch=20&rule=adam,lr:0.01');
      await found(page, /no file is chosen/);
      const file = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
      await page.locator('input[type=file]').setInputFiles(file('nor.csv', 'just a line'));
      await page.waitForFunction(() =>
        /nor\.csv.*not a table|not a table.*nor\.csv/.test(document.querySelector('.card .wrong')?.textContent ?? ''),
      );
      await page.locator('input[type=file]').setInputFiles(file(TABLE.name, TABLE.text));
      await raced(page);
      const numbers = async (target: string) => {
        await page.waitForFunction(
          (target) => new RegExp(`file=[^&]*,${target}(&|$)`).test(decodeURIComponent(location.hash)),
          target,
        );
        const here = await page.evaluate(async () => [location.hash, JSON.stringify(await lab.run())]);
        const { state } = readFragment(here[0], catalog);
        const there = JSON.stringify((await runState(state, images, TABLE)).map(({ value }) => value));
        check(here[1] === there, `${here}, expected ${there}`);
        return here[1];
      };
      const colour = await numbers('colour');
      await page.getByLabel('Predict').selectOption('y');
      await found(page, /R²/);
      await raced(page);
      check((await numbers('y')) !== colour, 'the column is not used');
      await drop(TABLE.name, `${TABLE.text}\n1,2,red`);
      await page.waitForFunction(() =>
        /65 rows train, 16 test/.test(document.querySelector('.controls')?.textContent ?? ''),
      );
    },
  ],
  [
    'two LeNets train, and the images that each gets wrong are shown; the longest task on the main thread is printed',
    async (page) => {
      await page.evaluate(() => {
        const tasks: number[] = [];
        new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) tasks.push(duration);
        }).observe({ type: 'longtask' });
        Object.assign(globalThis, { tasks });
      });
      await load(page, '#room=nets&data=fashion&steps=30&batch=32&rule=sgdm,lr:0.03&rule=adam');
      await page.waitForFunction(() => document.querySelectorAll('.images li').length > 0);
      await raced(page);
      const wrong = await page.locator('.images').first().locator('li').count();
      check(wrong === 12, `${wrong} images`);
      const tasks = await page.evaluate(() => (globalThis as any).tasks as number[]);
      const longest = Math.max(0, ...tasks);
      return `longest task: ${longest === 0 ? 'under 50' : Math.round(longest)} ms, ${tasks.length} of 50 ms and more`;
    },
  ],
  [
    'axe finds nothing wrong, in light and in dark',
    async (page) => {
      for (const [fragment, isReady] of [
        [`${NET}&of=3.weight,4&at=30`, trained],
        [`${NET.replace('funnel', 'step')}&of=3.weight,4&at=30`, unrolled],
        [RACES[0], sliced],
        [RACES[2], raced],
        [RACES[4], raced],
        ['#room=nets&data=csv', (page: Page) => page.locator('.findings.wrong').waitFor()],
        [`#room=step&${PAIR}`, unrolled],
        [`#room=surface&${PAIR}`, settled],
      ] as const) {
        await load(page, fragment);
        await isReady(page);
        await checkAccess(page, fragment);
      }
    },
  ],
  [
    'nothing is wider than the page, from 360 to 1600 pixels',
    async (page) => {
      const text = RACES[4];
      for (const fragment of ['#', `${NET}&of=3.weight,4`, RACES[0], `${RACE}&rule=lion&rule=muon`, RACES[2], text]) {
        await load(page, fragment);
        await (fragment === RACES[0] ? sliced : settled)(page);
        await checkWidths(page, WIDTHS, fragment);
      }
    },
  ],
];

/** Sentences that each open a page. address: of the lab; small: of the lab without images. */
const apart: Sentence<[address: string, small: string]>[] = [
  [
    'the page without images says so in place of the plots, and trains on points',
    async (page, _, small) => {
      await page.goto(`${small}#room=funnel`);
      check(/without the images/.test((await page.locator('.missing').textContent()) ?? ''), 'not explained');
      await page.locator('.missing a').press('Enter');
      await trained(page);
      await load(page, '#room=nets&data=fashion');
      await page.waitForFunction(() =>
        /without the images/.test(document.querySelector('.missing')?.textContent ?? ''),
      );
    },
  ],
  [
    'a worker that does not start is explained in the page with a remedy, and run() rejects',
    async (page, address) => {
      await page.addInitScript(() => {
        URL.createObjectURL = () => 'blob:null/none';
      });
      for (const fragment of ['#', NET]) {
        await page.goto('about:blank');
        await page.goto(address + fragment);
        await found(page, /worker stopped: .*; reload the page/);
        const refusal = await page.evaluate(() => lab.run().catch(({ message }: Error) => message));
        check(/worker stopped: .*; reload the page/.test(String(refusal)), `run() gave ${refusal}`);
      }
    },
  ],
  [
    'a damaged address of a first visit is explained and stays as it is, so that it can be corrected',
    async (page, address) => {
      await page.goto(`${address}#rule=adamm`);
      await page.locator('.notice').waitFor();
      await settled(page);
      await page.waitForTimeout(400);
      check((await page.evaluate(() => location.hash)) === '#rule=adamm', 'it was replaced');
    },
  ],
  [
    // If memory is short, a browser may end a worker without an event.
    'a worker that falls silent in a run is given up after a minute, with a remedy; one whose run is done is not',
    async (page, address) => {
      const isGivenUp = async () => /worker stopped/.test(String(await page.locator('main').textContent()));
      await page.clock.install();
      await page.goto(address + NET);
      await trained(page);
      await page.clock.runFor(70_000);
      check(!(await isGivenUp()), 'a run that is done was given up');
      await page.evaluate(() => {
        Worker.prototype.postMessage = () => {};
        lab.load('room=funnel&data=moons&steps=41');
      });
      await page.clock.runFor(40_000);
      check(!(await isGivenUp()), 'given up within a minute');
      await page.clock.runFor(30_000);
      await found(page, /worker stopped: it has not answered for 60 seconds; reload the page/);
    },
  ],
];

/** Checks the sentences. Returns the outcome of each. */
export async function labShown(context: BrowserContext): Promise<Shown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-lab-'));
  const [file, small] = ['lab.html', 'small.html'].map((name) => join(folder, name));
  writeFileSync(file, await labPage());
  writeFileSync(small, await labPage(false));
  const { page, wrong } = await opened(context, file);
  const shown = await shownOf(page, [...sentences, ...ruleSentences, nothingWrong(wrong)]);
  await page.close();
  for (const sentence of apart) {
    const page = await context.newPage();
    shown.push(
      ...(await shownOf(
        page,
        [sentence],
        ...([file, small].map((path) => pathToFileURL(path).href) as [string, string]),
      )),
    );
    await page.close();
  }
  rmSync(folder, { recursive: true, force: true });
  return shown;
}
