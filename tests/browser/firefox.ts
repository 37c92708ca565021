// The lab in Firefox, opened as a file and driven by Marionette, Firefox's protocol: messages `length:[0, id, command, parameters]`.
// FIREFOX names the program if it is not on PATH. Without Firefox the sentences are skipped.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fashionMnistSample, optimizers } from '../../index.js';
import { readFragment } from '../../web/core/fragment.js';
import { runState } from '../../web/core/run.js';
import { catalogOf } from '../../web/core/state.js';
import { labPage } from '../../web/labPage.js';
import type { Shown } from '../gpu/suite.js';

/** The path of Firefox; undefined if there is none. */
export const firefox =
  process.env.FIREFOX ||
  ['firefox-esr', 'firefox']
    .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
    .find((path) => existsSync(path));

/** A connection by Marionette. */
class Marionette {
  #id = 0;
  #received = Buffer.alloc(0);
  readonly #waiting = new Map<number, (answer: unknown[]) => void>();

  private constructor(readonly socket: Socket) {
    socket.on('data', (piece) => {
      this.#received = Buffer.concat([this.#received, piece]);
      for (;;) {
        const colon = this.#received.indexOf(':');
        const length = Number(this.#received.subarray(0, colon).toString());
        if (colon < 0 || this.#received.length < colon + 1 + length) return;
        const message = JSON.parse(this.#received.subarray(colon + 1, colon + 1 + length).toString());
        this.#received = this.#received.subarray(colon + 1 + length);
        // An answer is a list. The browser's greeting, an object, is skipped.
        if (Array.isArray(message)) this.#waiting.get(message[1])?.(message);
      }
    });
  }

  /** Connects once the browser listens. */
  static async on(port: number): Promise<Marionette> {
    for (let i = 0; ; i++) {
      const socket = connect(port, '127.0.0.1');
      const isOpen = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      });
      if (isOpen) return new Marionette(socket);
      if (i === 300) throw new Error('Firefox does not listen');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async ask<T>(command: string, parameters: object = {}): Promise<T> {
    const id = ++this.#id;
    const text = JSON.stringify([0, id, command, parameters]);
    const answered = new Promise<unknown[]>((resolve) => this.#waiting.set(id, resolve));
    this.socket.write(`${Buffer.byteLength(text)}:${text}`);
    const [, , error, result] = await answered;
    if (error) throw new Error(`${command}: ${(error as { message: string }).message}`);
    return (result as { value: T }).value;
  }

  /** Runs the body of an async function in the page. Returns what it returns, by way of JSON; if it throws, `{ error }`. */
  async run<T>(script: string, ...args: unknown[]): Promise<T> {
    const body = `const [${args.map((_, i) => `a${i}`).join(', ')}${args.length ? ', ' : ''}done] = arguments;
      (async () => { ${script} })().then((value) => done(JSON.stringify(value)), (error) => done(JSON.stringify({ error: String(error) })));`;
    return JSON.parse(
      await this.ask<string>('WebDriver:ExecuteAsyncScript', { script: body, args, scriptTimeout: 120_000 }),
    );
  }
}

/** A free port. */
const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const catalog = catalogOf(optimizers);
const images = () => fashionMnistSample();

/** Fragments whose numbers are the same in every engine: they use only kernels, + - * / and square roots. */
const FRAGMENTS = [
  '#room=funnel&data=moons&steps=60&batch=100&rule=adabound,gamma:0.05',
  '#room=funnel&steps=5&batch=16',
  '#problem=rosenbrock&steps=100&rule=adabound,lr:0.02&rule=own,lr:0.02',
];

/** Checks the sentences. Returns the outcome of each. */
export async function firefoxShown(): Promise<Shown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-firefox-'));
  const port = await freePort();
  writeFileSync(join(folder, 'lab.html'), await labPage());
  writeFileSync(
    join(folder, 'user.js'),
    `user_pref('marionette.port', ${port});\nuser_pref('datareporting.policy.dataSubmissionEnabled', false);\n`,
  );
  const words = ['--headless', '--marionette', '--no-remote', '--profile', folder];
  // HOME is the profile, so Firefox reads no settings of the user.
  const browser = spawn(firefox!, words, { stdio: 'ignore', env: { ...process.env, HOME: folder } });
  const shown: Shown[] = [];
  const show = async (sentence: string, act: () => Promise<void>) => {
    try {
      await act();
      shown.push({ sentence, outcome: 'passed' });
    } catch (error) {
      shown.push({ sentence, outcome: 'failed', note: (error as Error).message });
    }
  };
  let session: Marionette | undefined;
  try {
    session = await Marionette.on(port);
    const { ask, run } = { ask: session.ask.bind(session), run: session.run.bind(session) };
    await ask('WebDriver:NewSession', { capabilities: {} });
    await ask('WebDriver:Navigate', { url: pathToFileURL(join(folder, 'lab.html')).href });
    await show(
      'Firefox opens the lab from disk, and the lab plays: its Content-Security-Policy allows that',
      async () => {
        const step = await run<number>(`
        const shown = () => Number(document.querySelector('.step b')?.textContent);
        for (let i = 0; i < 200 && !(shown() > 0); i++) await new Promise((resolve) => setTimeout(resolve, 50));
        return shown();`);
        if (!(step > 0)) throw new Error(`step ${step}`);
      },
    );
    await show(
      'a net trained in Firefox has the digits of Node, on points and on images; so do rules on a surface',
      async () => {
        for (const fragment of FRAGMENTS) {
          const here = await run<number[]>('lab.load(a0); return await lab.run();', fragment);
          const there = (await runState(readFragment(fragment, catalog).state, images)).map(({ value }) => value);
          if (JSON.stringify(here) !== JSON.stringify(there))
            throw new Error(`${fragment}: ${JSON.stringify(here)}, expected ${JSON.stringify(there)}`);
        }
      },
    );
    await show('the theorems run in Firefox: x, average and regret have the digits of Node', async () => {
      const fragment = '#room=theorems&steps=2000';
      const here = await run<number[]>('lab.load(a0); return await lab.run();', fragment);
      const there = await runState(readFragment(fragment, catalog).state);
      there.forEach(({ name, value }, i) => {
        if (/^\d\.\w+\.(x|average|regret)$/.test(name) && here[i] !== value)
          throw new Error(`${name}: ${here[i]}, expected ${value}`);
      });
    });
    await show(
      'every room shows its heading in Firefox, and nothing is wider than a window of 500 pixels',
      async () => {
        await ask('WebDriver:SetWindowRect', { width: 500, height: 900 });
        const rooms = await run<string[]>('return lab.rooms;');
        for (const room of rooms) {
          const [heading, wide, inner] = await run<[string, number, number]>(
            `lab.load('#room=' + a0 + (a0 === 'funnel' ? '&data=moons&steps=20' : ''));
          await new Promise((resolve) => setTimeout(resolve, 600));
          return [document.querySelector('h2')?.textContent, document.documentElement.scrollWidth, innerWidth];`,
            room,
          );
          if (!heading) throw new Error(`${room}: no heading`);
          if (wide > inner) throw new Error(`${room}: ${wide} of ${inner}`);
        }
      },
    );
  } catch (error) {
    shown.push({ sentence: 'Firefox answers', outcome: 'failed', note: (error as Error).message });
  } finally {
    await session?.ask('Marionette:Quit').catch(() => {});
    session?.socket.destroy();
    browser.kill();
    if (browser.exitCode === null) await new Promise((resolve) => browser.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return shown;
}
