import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { own, type Scripted, scriptedServer } from '../testing/neighbours.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: object }[];
  readonly requestBody?: { readonly content: Record<string, { schema: { type?: string } }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
  readonly security?: readonly object[];
}
interface Document {
  readonly openapi: string;
  readonly info: { title: string; version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { securitySchemes: object };
}

let scripted: Scripted;
let document: Document;
before(async () => {
  scripted = await scriptedServer();
  const response = await scripted.app.inject({ url: '/api/openapi.json', headers: { host: own.host } });
  document = response.json();
});
after(() => scripted.close());

const operations = (): [string, string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Operation] => [path, method, operation]),
  );

test('the document is OpenAPI 3.1 and names every route of the API', () => {
  assert.match(document.openapi, /^3\.1\.\d$/);
  assert.deepEqual(Object.keys(document.paths).sort(), [
    '/api/backtests',
    '/api/backtests/compare',
    '/api/backtests/jobs/{id}',
    '/api/backtests/jobs/{id}/cancel',
    '/api/backtests/{id}',
    '/api/backtests/{id}/as-bot',
    '/api/backtests/{id}/remove',
    '/api/bot-kinds',
    '/api/bots',
    '/api/bots/check',
    '/api/bots/import',
    '/api/bots/suggest-grid',
    '/api/bots/{id}',
    '/api/bots/{id}/add-funds',
    '/api/bots/{id}/cancel-added',
    '/api/bots/{id}/cancel-deal',
    '/api/bots/{id}/cancel-entry',
    '/api/bots/{id}/cancel-step',
    '/api/bots/{id}/close-now',
    '/api/bots/{id}/close-step',
    '/api/bots/{id}/copy',
    '/api/bots/{id}/delete',
    '/api/bots/{id}/edit',
    '/api/bots/{id}/edit-deal',
    '/api/bots/{id}/export',
    '/api/bots/{id}/fund',
    '/api/bots/{id}/reduce-funds',
    '/api/bots/{id}/release-kept',
    '/api/bots/{id}/report',
    '/api/bots/{id}/start',
    '/api/bots/{id}/start-deal',
    '/api/bots/{id}/statistics',
    '/api/bots/{id}/stop',
    '/api/candle-series',
    '/api/deals',
    '/api/equity',
    '/api/events',
    '/api/freeze',
    '/api/guards',
    '/api/guards/resume',
    '/api/log',
    '/api/pairs',
    '/api/pairs/{base}/{quote}/candles',
    '/api/pairs/{base}/{quote}/fills',
    '/api/signals',
    '/api/statistics',
    '/api/status',
    '/api/strategies',
    '/api/sweeps',
    '/api/sweeps/compare',
    '/api/sweeps/{id}',
    '/api/sweeps/{id}/as-bot',
    '/api/sweeps/{id}/pause',
    '/api/sweeps/{id}/remove',
    '/api/sweeps/{id}/resume',
    '/api/verdicts',
  ]);
});

test('operations have unique ids, described answers with schemas, and all parts of their path as parameters', () => {
  const ids = operations().map(([, , { operationId }]) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const [path, method, operation] of operations()) {
    assert.ok(operation.summary, `${method} ${path}`);
    assert.ok(operation.responses['200']?.description, `${method} ${path}`);
    assert.ok(
      Object.keys(operation.responses).every((code) => /^([1-5]\d\d|[1-5]XX|default)$/.test(code)),
      path,
    );
    for (const { content } of Object.values(operation.responses))
      for (const { schema } of Object.values(content ?? {})) assert.equal(typeof schema, 'object');
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    assert.deepEqual(named.map(({ name }) => name).sort(), inPath.sort());
    assert.ok(named.every(({ required }) => required === true));
  }
});

test('what changes something takes a JSON object and names the token', () => {
  for (const [path, method, operation] of operations().filter(([, method]) => method === 'post')) {
    assert.equal(operation.requestBody?.content['application/json']?.schema.type, 'object', `${method} ${path}`);
    assert.deepEqual(operation.security, [{ token: [] }]);
  }
});

test('no reference points to nothing, and no schema names a dialect of its own', () => {
  const text = JSON.stringify(document);
  assert.deepEqual(
    [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]),
    [],
  );
  assert.ok(!text.includes('"$schema"'));
});
