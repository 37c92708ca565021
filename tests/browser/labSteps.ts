// What the sentences about the lab do, and what they wait for.
import type { Page } from 'playwright-core';

/** The page's own interface for tests. */
declare const lab: { load(fragment: string): void };

/** Shows the state of an address. */
export const load = (page: Page, fragment: string) => page.evaluate((text) => lab.load(text), fragment);

/** Resolves when the run of the shown state has ended or was refused. */
export const settled = (page: Page) => page.locator('main[aria-busy=false]').waitFor();

/** Resolves when the run has ended or was refused, and the findings contain a text. */
export async function found(page: Page, pattern: RegExp): Promise<void> {
  await page.waitForFunction(
    ([source, flags]) =>
      document.querySelector('main')?.ariaBusy === 'false' &&
      new RegExp(source, flags).test(document.querySelector('.findings')?.textContent ?? ''),
    [pattern.source, pattern.flags],
  );
}

/** Holds the requests to the workers back. */
export const hold = (page: Page) =>
  page.evaluate(() => {
    const { postMessage } = Worker.prototype;
    const held: (() => void)[] = [];
    Worker.prototype.postMessage = function (this: Worker, request: unknown) {
      held.push(() => postMessage.call(this, request));
    };
    Object.assign(globalThis, {
      sendHeld: () => {
        Worker.prototype.postMessage = postMessage;
        for (const send of held) send();
      },
    });
  });

/** Sends the requests that `hold` held back, and lets later ones pass. */
export const release = (page: Page) => page.evaluate(() => (globalThis as any).sendHeld());

/** Resolves when the plots show what the page knows: they are drawn in the frame after a change. */
export const drawn = (page: Page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

export async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}
