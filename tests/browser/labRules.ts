// Two rooms of the lab in a browser: the theorems, and a custom rule.
import type { Page } from 'playwright-core';
import { optimizers } from '../../index.js';
import { readFragment, writeFragment } from '../../web/core/fragment.js';
import { firstOwn } from '../../web/core/ownRule.js';
import { ownModule } from '../../web/core/ownText.js';
import { runState } from '../../web/core/run.js';
import { catalogOf } from '../../web/core/state.js';
import { rulePresets, theoremPresets } from '../../web/core/theoremPresets.js';

import { isNear } from '../near.js';
import { check, checkAccess, checkWidths, openParts, type Sentence } from './document.js';
import { found, load } from './labSteps.js';

/** The page's own interface for tests. */
declare const lab: { load(fragment: string): void; run(): Promise<number[]> };

const catalog = catalogOf(optimizers);
const namedOf = (fragment: string) => runState(readFragment(fragment, catalog).state);
/** The numbers as JSON holds them: null for a number that is not finite. */
const runIn = (page: Page, fragment: string): Promise<(number | null)[]> =>
  page.evaluate(async (text) => {
    lab.load(text);
    return JSON.parse(JSON.stringify(await lab.run()));
  }, fragment);
/** A formula's input. */
const field = (page: Page, name: string) => page.locator(`input[data-field=${name}]`);

/** A custom rule beside Adam. Its formulas have no function but square roots, so every engine gives the same digits. */
const OWN = '#room=rule&steps=50&rule=own,lr:0.1&rule=adam,lr:0.1';

/** Widths of a window into which a page must fit, in pixels. */
export const WIDTHS = [360, 600, 900, 1280, 1600];

export const ruleSentences: Sentence[] = [
  [
    'theorems and custom rules: the numbers of every preset are those of the command; x, regret and bounds to the last digit',
    async (page) => {
      for (const { fragment, question } of [...theoremPresets, ...rulePresets, { fragment: OWN, question: 'own' }]) {
        const [found, expected] = [await runIn(page, fragment), await namedOf(fragment)];
        check(found.length === expected.length, `${question}: ${found.length} of ${expected.length}`);
        expected.forEach(({ name, value }, i) => {
          const there = Number.isFinite(value) ? value : null;
          // Powers and the rotation of the bowl depend on the engine.
          const isExact =
            /^\d\.\w+\.(x|average|regret|moved|corrected|published)$/.test(name) && fragment.includes('theorems');
          const areNear = found[i] !== null && there !== null && isNear(found[i], there, 1e-12);
          check(
            isExact ? found[i] === there : areNear || found[i] === there,
            `${question}, ${name}: ${found[i]}, ${there}`,
          );
        });
      }
    },
  ],
  [
    'every number that the theorems show is one that the command prints for the same address',
    async (page) => {
      for (const fragment of [
        '#room=theorems&steps=3000&at=100',
        '#room=theorems&theorem=theorem3&steps=3000&at=2000',
      ]) {
        await runIn(page, fragment);
        const trivial = (await namedOf(fragment)).find(({ name }) => name === 'trivial')!.value;
        // The page may still show the run of the address before.
        await page.locator(`.values caption [data-value="${trivial}"]`).waitFor();
        const details = page.locator('.values details').first();
        if ((await details.getAttribute('open')) === null) await details.locator('summary').press('Enter');
        await page.waitForFunction(() => document.querySelector('.step b')?.textContent !== '0');
        const shown = await page
          .locator('main [data-value]')
          .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-value')!));
        const at = Number(await page.locator('.step b').getAttribute('data-value'));
        const { state } = readFragment(fragment, catalog);
        const numbers = (await runState({ ...state, at })).map(({ value }) => value);
        check(shown.length > 60, `${shown.length} numbers`);
        const isKnown = (v: number) => v === at || numbers.some((n) => isNear(v, n, 1e-12));
        const odd = shown.map(Number).filter((v) => !isKnown(v));
        check(odd.length === 0, `${fragment} at ${at}: not printed: ${odd}`);
      }
    },
  ],
  [
    'by keys alone: why Adam goes the wrong way in theorem 1, and for which β2 and C it does not',
    async (page) => {
      await load(page, '#room=theorems&b1=0.1');
      await page.locator('[data-room=theorems] .questions a').first().press('Enter');
      // 4 is D G, the trivial bound of theorem 1. The page may still show the run of the address before.
      await page.locator('.values caption [data-value="4"]').waitFor();
      await found(page, /Adam moves up, the wrong way/);
      const demands = page.locator('.demands');
      await demands.getByText(/^All hold/).waitFor();
      const edge = Number(await demands.locator('.ranges b').first().getAttribute('data-value'));
      check(edge > 0.62 && edge < 0.64, `the edge is at ${edge}`);
      const beta2 = page.getByLabel('β2', { exact: true });
      await beta2.fill('0.7');
      await page.waitForFunction(() => location.hash.includes('b2=0.7'));
      await found(page, /Adam moves down, towards −1/);
      await demands.getByText('says nothing about these values').waitFor();
      await page.getByLabel('C, slider').focus();
      for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowRight');
      await found(page, /Adam moves up, the wrong way/);
    },
  ],
  [
    'theorem 4: its conditions hold and its bound is exceeded; a bound is vacuous until a step; the map and the plots have tables',
    async (page) => {
      await load(page, '#room=theorems&theorem=theorem4&rule=adabound');
      await found(page, /exceeds the bound of theorem 4/);
      await load(page, '#room=theorems&theorem=cycle&rule=adabound&steps=500');
      await found(page, /vacuous until step [\d,]+/);
      for (const summary of await page.locator('.values summary').all()) await summary.press('Enter');
      const rows = await page.locator('.values details table tbody tr').count();
      check(rows > 30, `${rows} rows`);
    },
  ],
  [
    'a click on the map sets C and β2; a rule without the bounded step is refused in place',
    async (page) => {
      await load(page, '#room=theorems&steps=200');
      await found(page, /together/);
      const map = page.locator('.map svg');
      await map.scrollIntoViewIfNeeded();
      const box = (await map.boundingBox())!;
      await page.mouse.click(box.x + box.width * 0.8, box.y + box.height * 0.3);
      await page.waitForFunction(() => /C=\d+.*b2=0\.7/.test(location.hash));
      await page.getByLabel('Add a rule').selectOption('muon');
      await found(page, /A rule cannot run: Muon: its step is not the bounded one/);
      await page.getByLabel('Remove Muon').press('Enter');
      await found(page, /together/);
    },
  ],
  [
    'from the first page, by keys alone, the room of the custom rule shows its first question; the problem of room `surface` is kept',
    async (page) => {
      await load(page, '#');
      await page.locator('.rooms a').last().press('Enter');
      await page.locator('[data-room=rule] .questions a[aria-current]').first().waitFor();
      await load(page, '#problem=beale&steps=30');
      await page.locator('[data-room=surface]').waitFor();
      await page.locator('.rooms a').last().press('Enter');
      await page.waitForFunction(() => /room=rule&problem=beale&rule=own,lr:0.1/.test(location.hash));
    },
  ],
  [
    'a custom rule is edited, runs beside the others and is kept in the address; a formula that cannot be used is explained, and the rule keeps the last one that could',
    async (page) => {
      await load(page, OWN);
      await found(page, /SqrtClosing is clipped/);
      check(!(await page.getByLabel('Remove SqrtClosing').isVisible()), 'the rule of the room can be removed');
      const before = await runIn(page, OWN);
      await field(page, 'lo').fill('alert(1)');
      check(
        /unknown function/.test((await page.locator('.editor .wrong').first().textContent()) ?? ''),
        'the formula is not explained',
      );
      await page.waitForTimeout(400);
      check(JSON.stringify(await page.evaluate(() => lab.run())) === JSON.stringify(before), 'another run');
      await field(page, 'lo').fill('0.2');
      await page.waitForFunction(() => location.hash.includes('own.lo=0.2'));
      await field(page, 'hi').fill('1/sqrt(t)');
      await page.waitForFunction(() =>
        /bounds: at step 26 not 0 <= lo <= hi: \[0.2, 0.196/.test(document.querySelector('.editor')!.textContent!),
      );
      const refusal = await page.evaluate(() => lab.run().catch(({ message }: Error) => message));
      check(/bounds: at step 26/.test(String(refusal)), `run() gave ${refusal}`);
      await field(page, 'lo').fill('0');
      await found(page, /No rate was clipped|is clipped/);
      await page.waitForFunction(() => !location.hash.includes('own.lo='));
      const written = await page.evaluate(() => location.hash);
      const { state } = readFragment(written, catalog);
      check(state.rules[0].own?.formulas.hi === '1/sqrt(t)' && !state.rules[0].own.formulas.lo, written);
      check(writeFragment(state) === written, 'another address');
    },
  ],
  [
    'the same rule runs in the other rooms: on a surface, in the funnel, in a theorem; a number can be added, named and used',
    async (page) => {
      await load(page, `${OWN}&own=Mine,lr:0.1`);
      await page.getByLabel('Add a number').fill('sqrt');
      await page.keyboard.press('Enter');
      check(/means something else/.test((await page.locator('.add .wrong').textContent()) ?? ''), 'not refused');
      await page.getByLabel('Add a number').fill('half');
      await page.keyboard.press('Enter');
      await page.locator('.editor').getByLabel('half', { exact: true }).fill('0.5');
      await field(page, 'beta1').fill('half');
      await page.waitForFunction(() => location.hash.includes('own.beta1=half'));
      await page.locator('.links a').last().press('Enter');
      await page.locator('[data-room=theorems]').waitFor();
      await found(page, /Mine moves/);
      await page.locator('.rooms a').first().press('Enter');
      await page.locator('[data-room=surface]').waitFor();
      check((await page.locator('.rule[aria-label=Mine]').count()) === 1, 'room `surface` does not run it');
      await load(page, '#room=funnel&data=moons&steps=30&rule=own&own=Mine,top:0.02&own.hi=top');
      await page.waitForFunction(
        () =>
          /^At step/.test(document.querySelector('.findings')?.textContent ?? '') &&
          !/Computing/.test(document.querySelector('main')!.textContent!),
      );
      check(/Mine/.test((await page.locator('.rules').textContent()) ?? ''), 'the funnel does not name it');
    },
  ],
  [
    '“copy as TypeScript” gives the declaration',
    async (page) => {
      await load(page, '#room=rule&steps=5');
      const copied = await page.evaluate(async () => {
        let text = '';
        const take = (given: string) => Promise.resolve((text = given)).then(() => {});
        Object.defineProperty(navigator, 'clipboard', { value: { writeText: take }, configurable: true });
        document.querySelector<HTMLElement>('.editor .buttons button')!.click();
        await new Promise((resolve) => setTimeout(resolve));
        return text;
      });
      check(copied === ownModule(firstOwn), copied);
    },
  ],
  [
    'a hostile address of a rule runs nothing and is explained',
    async (page) => {
      const dialogs: string[] = [];
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      for (const [part, why] of [
        ['own=X&own.lo=alert(1)', /unknown function/],
        ['own=X&own.hi=constructor.constructor("alert(1)")()', /unknown function|not part of a formula/],
        ['own=%3Cimg src=x onerror=alert(1)%3E', /not a name/],
        ['own=X,__proto__:1', /not a name/],
      ] as const) {
        await load(page, `#room=rule&rule=own&${part}`);
        const notice = (await page.locator('.notice').textContent()) ?? '';
        check(why.test(notice), `${part}: ${notice}`);
      }
      await load(page, '#');
      check(dialogs.length === 0, dialogs.join());
    },
  ],
  [
    'axe finds nothing wrong in both rooms, in light and in dark, and nothing is wider than the page, from 360 to 1600 pixels',
    async (page) => {
      for (const [fragment, ready] of [
        ['#room=theorems&steps=300', /together/],
        [OWN, /clipped/],
      ] as const) {
        await load(page, fragment);
        await found(page, ready);
        await openParts(page);
        await checkAccess(page, fragment);
        await checkWidths(page, WIDTHS, fragment);
        await page.setViewportSize({ width: 1280, height: 720 });
      }
    },
  ],
];
