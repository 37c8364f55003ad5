/** Serves the built dashboard. Its index gets a new nonce with each answer; files named by their content never change. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { ApiFailure } from '../failure.ts';
import { makeNonce, pageHeaders } from '../security/headers.ts';

const nonceMark = '__CSP_NONCE__';

const noBuild = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast</title><style nonce="${nonceMark}">body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}</style></head>
<body><h1>The dashboard is not built</h1><p>Holdfast runs, but its page has not been made yet.
Start it with <code>npm start</code>, which builds the page first.</p>
<p>Meanwhile <code>npx holdfast status</code> shows what runs, and the API answers under <a href="/api/status">/api/status</a>.</p></body></html>
`;

async function sendIndex(folder: string, reply: FastifyReply): Promise<FastifyReply> {
  const html = await readFile(join(folder, 'index.html'), 'utf8').catch(() => noBuild);
  const nonce = makeNonce();
  return reply.headers(pageHeaders(nonce)).type('text/html; charset=utf-8').send(html.replaceAll(nonceMark, nonce));
}

const isApi = (url: string): boolean => /^\/api(\/|$)/.test(url);
/** Addresses of views inside the page, such as /bots/dca1: names without dots. */
const isView = (path: string): boolean => /^(\/[A-Za-z0-9_-]+)+\/?$/.test(path);
/** Addresses of files of the build: names that do not begin with a dot. */
const isFile = (path: string): boolean => /^(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$/.test(path);

/** Adds the page's routes; `folder` is the build, which may come later. */
export async function addPage(app: FastifyInstance, folder: string): Promise<void> {
  const hide = { schema: { hide: true } };
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    cacheControl: false,
    setHeaders: (response, path) => {
      const named = path.startsWith(join(folder, 'assets') + sep);
      response.header('cache-control', named ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.get('/', hide, (_, reply) => sendIndex(folder, reply));
  app.get('/index.html', hide, (_, reply) => sendIndex(folder, reply));
  app.setNotFoundHandler(async (request, reply) => {
    const reading = request.method === 'GET' || request.method === 'HEAD';
    const path = request.url.split('?')[0] ?? '/';
    if (reading && !isApi(path)) {
      if (isView(path)) return sendIndex(folder, reply);
      if (isFile(path) && existsSync(join(folder, path))) return reply.sendFile(path);
    }
    throw new ApiFailure(404, 'not-found', `there is no ${request.method} ${request.url.slice(0, 100)}; see /api/openapi.json`);
  });
}
