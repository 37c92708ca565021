// A real redis-server on a free port, in a temporary folder.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterFile } from '../spec.js';
import { temporary } from './command.js';

/** Why tests with a server are skipped, or null if there is one. */
export const NO_SERVER = spawnSync('redis-server', ['--version']).status === 0 ? null : 'redis-server is not installed';

export interface RedisServer {
  port: number;
  url: string;
  /** Ends the server. */
  kill(): Promise<void>;
  /** Starts the server again, on the same port and folder. */
  start(): Promise<void>;
}

/** Starts a server, and ends it with the test file. settings: for example `--requirepass secret`. It keeps an append-only file unless the settings
 *  forbid it. */
export async function redisServer(...settings: string[]): Promise<RedisServer> {
  const port = await freePort();
  const folder = temporary();
  let child: ChildProcess | null = null;
  afterFile(() => child?.kill('SIGKILL'));
  const server: RedisServer = {
    port,
    url: `redis://localhost:${port}`,
    async kill() {
      const ended = once(child!, 'exit');
      child!.kill('SIGKILL');
      await ended;
      child = null;
    },
    async start() {
      const always = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
      child = spawn('redis-server', ['--port', String(port), '--dir', folder, ...always, ...settings], {
        stdio: 'ignore',
      });
      // The server does not keep the process of the test file alive.
      child.unref();
      while (!(await answers(port))) await sleep(50);
    },
  };
  await server.start();
  return server;
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
