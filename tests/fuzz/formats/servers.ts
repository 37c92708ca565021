// Servers that lie, close the connection early, or answer with bytes that are not HTTP; and the addresses of servers.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { BoundgradError, ValueError } from '../../../core/index.js';
import { addressOf, fetchFiles } from '../../../node/download/fetchDataset.js';
import type { Draw } from '../draw.js';
import { type Format, right } from '../format.js';

const FILE = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i) & 255));

/** An answer to a request for the bytes from `start` on. Each part of it can be right or wrong. */
function answerTo(start: number, address: string, draw: Draw): Buffer {
  const from = draw.chance(0.1) ? draw.below(FILE.length) : start;
  const body = draw.chance(0.3) ? Buffer.from(draw.damage(FILE.subarray(from))) : FILE.subarray(from);
  const status = draw.chance(0.15)
    ? draw.pick([
        '100 Continue',
        '204 No Content',
        '301 Moved',
        '304 Not Modified',
        '404 \u001b[2J',
        '416 No',
        '429 Slow',
        '500 Down',
        '999 X',
      ])
    : start > 0 && draw.chance(0.9)
      ? '206 Partial Content'
      : '200 OK';
  const headers = new Map<string, string>([
    [
      'content-length',
      String(draw.chance(0.2) ? draw.pick([0, 1, body.length - 1, body.length + 1, 2 ** 53]) : body.length),
    ],
    ['connection', draw.pick(['close', 'keep-alive'])],
  ]);
  if (status.startsWith('206') || draw.chance(0.1))
    headers.set(
      'content-range',
      draw.pick([`bytes ${from}-2999/3000`, `bytes ${from}-2999/*`, `bytes ${from}-2999/${from}`, 'x']),
    );
  if (status.startsWith('301'))
    headers.set('location', draw.pick([address, 'http://127.0.0.1:1/', 'file:///etc/passwd', 'data:,x', '::']));
  if (draw.chance(0.05)) headers.set('content-encoding', draw.pick(['gzip', 'br', 'x', 'identity']));
  if (draw.chance(0.05)) headers.set('transfer-encoding', 'chunked');
  const head = `HTTP/1.1 ${status}\r\n${[...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  const answer = Buffer.concat([Buffer.from(head, 'latin1'), body]);
  if (draw.chance(0.1)) return Buffer.from(draw.damage(answer));
  return draw.chance(0.2) ? answer.subarray(0, draw.below(answer.length)) : answer;
}

/** Runs the body with the address of a server that gives each request such an answer, or none. */
async function serving(draw: Draw, body: (from: string) => Promise<void>): Promise<void> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      const start = Number(/range: bytes=(\d+)-/i.exec(text)?.[1] ?? 0);
      text = '';
      const answer = answerTo(start, address(), draw);
      if (draw.chance(0.05)) socket.destroy();
      else if (draw.chance(0.8)) socket.end(answer);
      else socket.write(answer);
    });
  });
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await body(address());
  } finally {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

const http: Format = {
  name: 'http',
  prepare: (folder) => async (draw) => {
    const dir = mkdtempSync(join(folder, 'd-'));
    const md5 = createHash('md5').update(FILE).digest('hex');
    const files = [{ name: 'file.bin', bytes: FILE.length, md5 }];
    const before = draw.chance(0.2) ? draw.damage(FILE) : new Uint8Array();
    if (before.length > 0) writeFileSync(join(dir, 'file.bin.part'), before);
    try {
      await serving(draw, async (from) => {
        try {
          await fetchFiles({ title: 'file', from, files }, { dir, silence: 30, pause: 1 });
          right(readFileSync(join(dir, 'file.bin')).equals(FILE), 'the file has the published sum');
          right(readdirSync(dir).join() === 'file.bin', 'nothing but the file is left');
        } catch (error) {
          if (!(error instanceof BoundgradError)) throw error;
          const left = readdirSync(dir).filter((name) => name !== 'file.bin.part');
          right(left.length === 0, `a failed download leaves a .part file only: ${left}`);
          const part = statSync(join(dir, 'file.bin.part'), { throwIfNoEntry: false });
          right((part?.size ?? 0) <= Math.max(FILE.length, before.length), 'a .part file is no longer than the file');
          throw error;
        }
      });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

const address: Format = {
  name: 'address',
  prepare: () => (draw) => {
    const secret = 'hunter2';
    const good = draw.pick([
      'http://host/x/',
      'https://host',
      `https://me:${secret}@host/`,
      `http:/me:${secret}@host/`,
      `http:\\\\me:${secret}@host`,
      `http://host/?key=${secret}`,
      `http://host/#${secret}`,
    ]);
    const text = draw.chance(0.7) ? draw.damageText(good) : good;
    try {
      const url = new URL(addressOf(text));
      right(/^https?:$/.test(url.protocol) && url.pathname.endsWith('/'), 'it is the address of a folder');
      right(!url.username && !url.password && !url.search && !url.hash, 'it has neither a password nor a query');
    } catch (error) {
      // Damage can copy the secret to a part of the address that is not kept secret.
      const isSecret = !text
        .replace(/[?#].*$/s, '')
        .replace(/^.*@/s, '')
        .includes(secret);
      right(
        !(error instanceof ValueError && isSecret && error.message.includes(secret)),
        'a message repeats no secret',
      );
      throw error;
    }
  },
};

export const servers: Format[] = [http, address];
