// The bundle as an application would ship it, and a server for it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { build } from 'esbuild';

const types: Record<string, string> = { '.js': 'text/javascript', '.html': 'text/html' };
const html = '<!doctype html><title>running</title><pre></pre><script type="module" src="/page.js"></script>';

/** Bundles page.ts, minified, and serves it: `policy` in an address becomes the Content-Security-Policy of the page,
 *  and `isolated` its headers for shared memory. */
export async function serve(): Promise<{ origin: string; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-page-'));
  await build({
    entryPoints: ['tests/browser/page.ts'],
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    loader: { '.gz': 'binary', '.wasm': 'binary' },
    logLevel: 'warning',
    outdir: folder,
  });
  const server = createServer(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const policy = searchParams.get('policy');
    if (policy) response.setHeader('Content-Security-Policy', policy);
    if (searchParams.has('isolated')) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    response.setHeader('Content-Type', types[extname(pathname) || '.html'] ?? 'application/octet-stream');
    try {
      response.end(pathname === '/' ? html : readFileSync(join(folder, basename(pathname))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
