// A local HTTP server for one test. It can answer correctly, cut the connection or ignore a range.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** Runs a server while the body runs. `ranges`: the Range header of each request. */
export async function serving(answer: Answer, body: (from: string, ranges: (string | undefined)[]) => Promise<void>) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, ranges.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files`, ranges);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Sends the requested range of a file, and cuts the connection after `most` bytes. */
export function send(request: IncomingMessage, response: ServerResponse, file: Uint8Array, most = Infinity): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const length = file.length - start;
  const range = { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` };
  response.writeHead(start ? 206 : 200, { 'content-length': length, ...(start ? range : {}) });
  if (length <= most) response.end(file.subarray(start));
  else response.write(file.subarray(start, start + most), () => setTimeout(() => response.destroy(), 10));
}

/** Sends the whole file and ignores the range. */
export function whole(response: ServerResponse, file: Uint8Array, headers = {}): void {
  response.writeHead(200, { 'content-length': file.length, ...headers });
  response.end(file);
}
