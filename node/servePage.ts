// Serves one page on the loopback interface, with the headers that allow shared memory.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page that is being served. */
export interface Served {
  /** Its address, for example `http://127.0.0.1:8080/`. */
  address: string;
  /** Stops serving. */
  close(): void;
}

/** Serves a page to this machine only. port: 0 is any free one. A request for another host is refused, so that no site can reach
 *  the page by a name that points here. Throws the system's error if the port cannot be used. */
export async function servePage(page: string, port: number): Promise<Served> {
  const bytes = new TextEncoder().encode(page);
  const server = createServer(({ method, url, headers }, response) => {
    const { port } = server.address() as AddressInfo;
    // A URL leaves out port 80, as browsers do.
    const isHere = ['127.0.0.1', 'localhost'].some((name) => new URL(`http://${name}:${port}`).host === headers.host);
    const code = !isHere ? 403 : method !== 'GET' && method !== 'HEAD' ? 405 : url?.split('?')[0] !== '/' ? 404 : 200;
    response.writeHead(code, {
      'Content-Type': code === 200 ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      ...(code === 405 && { Allow: 'GET, HEAD' }),
    });
    response.end(method === 'HEAD' ? undefined : code === 200 ? bytes : `${code}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
