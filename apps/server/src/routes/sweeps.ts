/** Routes of sweeps and walk-forwards: ask for one, watch, pause and resume it, read what is stored, make bots of the best. */
import {
  AskError,
  botsOf,
  compareSweeps,
  listSweeps,
  readSweep,
  readSweepResult,
  type SweepDocument,
  SweepError,
  sweepPage,
} from '@holdfast/backtest';
import {
  askSweep,
  botsMade,
  botsOfSweep,
  bySweep,
  sweepAnswer,
  sweepComparison,
  type sweepDocument,
  sweepJob,
  sweepsAnswer,
} from '@holdfast/contracts';
import { z } from 'zod';
import { toSweepAsk } from '../backtests/ask.ts';
import { sweepJobs } from '../backtests/sweeps.ts';
import { makeBot } from '../bots/create.ts';
import type { Context } from '../context.ts';
import { idempotency } from '../engine/command.ts';
import { ApiFailure } from '../failure.ts';
import { answers, changing, count } from './answers.ts';
import type { App } from './app.ts';
import { pagePolicy } from './backtests.ts';

const statusOf: Readonly<Record<string, number>> = {
  'sweep-unknown': 404,
  'sweep-not-done': 409,
  'sweep-without-best': 409,
  'sweep-taken': 409,
  'sweep-damaged': 500,
};

/** Turns what a sweep refuses into a refusal of the API. */
function refusing<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (error instanceof SweepError) throw new ApiFailure(statusOf[error.code] ?? 400, error.code, error.message);
    if (error instanceof AskError) throw new ApiFailure(400, error.code, error.message, error.field);
    throw error;
  }
}

const tags = ['sweeps'];

const newId = ({ kind, pairs }: { kind: string; pairs: readonly string[] }, now: number): string => {
  const time = new Date(now).toISOString().slice(0, 23).replaceAll(/\D/g, '');
  const what = `${kind}-${pairs.map((pair) => pair.replace('/', '')).join('-')}`.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
  return `${what.slice(0, 42)}-${time}`;
};

const sent = (document: SweepDocument, rows: number): z.input<typeof sweepDocument> =>
  ({ ...document, top: document.top.slice(0, rows) }) as unknown as z.input<typeof sweepDocument>;

export function addSweepRoutes(app: App, context: Context): () => void {
  const { dataDirectory: data, backtests: host } = context;
  const jobs = sweepJobs(host, Date.now);
  const finished = (id: string): SweepDocument => {
    const document = refusing(() => readSweepResult(data, id));
    if (document === undefined) throw new ApiFailure(409, 'sweep-not-done', `sweep ${id} is not done`, 'id');
    return document;
  };
  const isStored = (id: string): boolean => {
    try {
      readSweep(data, id);
      return true;
    } catch {
      return false;
    }
  };
  app.post(
    '/api/sweeps',
    {
      schema: {
        operationId: 'askSweep',
        tags,
        summary: 'Try many settings; it waits its turn and runs beside the server',
        ...changing,
        body: askSweep,
        response: answers(sweepJob, 'The job; read the sweep to see how far it is'),
      },
    },
    ({ body }) => {
      refusing(() => toSweepAsk(body)); // what can be refused at once is
      const id = body.name ?? newId(body, Date.now());
      if (isStored(id))
        throw new ApiFailure(409, 'sweep-taken', `a sweep ${id} is there already; go on with it, or give another name`, 'name');
      return jobs.ask(id, body);
    },
  );
  app.get(
    '/api/sweeps',
    {
      schema: {
        operationId: 'listSweeps',
        tags,
        summary: 'Stored sweeps and jobs, newest first',
        response: answers(sweepsAnswer, 'Sweeps of the command line are there too'),
      },
    },
    () => ({
      sweeps: listSweeps(data).map((row) => ({
        ...row,
        pairs: [...row.pairs],
        vary: [...row.vary],
        best: row.best === null ? null : { ...row.best, varied: { ...row.best.varied } },
      })),
      jobs: [...jobs.list()],
    }),
  );
  app.get(
    '/api/sweeps/compare',
    {
      schema: {
        operationId: 'compareSweeps',
        tags,
        summary: 'Finished sweeps beside each other',
        querystring: z.strictObject({
          ids: z.string().regex(/^[a-z0-9-]{1,60}(,[a-z0-9-]{1,60}){0,9}$/, 'must be up to 10 names with commas'),
        }),
        response: answers(sweepComparison, 'Figures as text, and what differs in what was asked'),
      },
    },
    ({ query }) => {
      const ids = query.ids.split(',');
      const compared = compareSweeps(ids.map(finished));
      const mutable = (rows: (typeof compared)['rows']) => rows.map(({ name, values }) => ({ name, values: [...values] }));
      return { ids, rows: mutable(compared.rows), differing: mutable(compared.differing) };
    },
  );
  app.get(
    '/api/sweeps/:id',
    {
      schema: {
        operationId: 'getSweep',
        tags,
        summary: 'How far a sweep is, and its result once it is done',
        params: bySweep,
        querystring: z.strictObject({ rows: count(100, 20) }),
        response: answers(sweepAnswer, 'Job and document, with at most so many settings'),
      },
    },
    ({ params: { id }, query }) => {
      const job = jobs.find(id) ?? null;
      const result = job !== null && !isStored(id) ? undefined : refusing(() => readSweepResult(data, id));
      return { job, result: result === undefined ? null : sent(result, query.rows) };
    },
  );
  app.get('/api/sweeps/:id/page', { schema: { hide: true, params: bySweep } }, ({ params }, reply) =>
    reply
      .header('content-security-policy', pagePolicy)
      .type('text/html; charset=utf-8')
      .serializer(String)
      .send(sweepPage(finished(params.id))),
  );
  for (const verb of ['pause', 'resume'] as const)
    app.post(
      `/api/sweeps/:id/${verb}`,
      {
        schema: {
          operationId: `${verb}Sweep`,
          tags,
          summary: verb === 'pause' ? 'Pause a sweep; what it did is kept' : 'Go on with a paused sweep',
          ...changing,
          params: bySweep,
          body: z.strictObject({}),
          response: answers(sweepJob, 'The job'),
        },
      },
      ({ params: { id } }) => (verb === 'pause' ? jobs.pause(id) : jobs.resume(id, isStored(id))),
    );
  app.post(
    '/api/sweeps/:id/as-bot',
    {
      schema: {
        operationId: 'makeBotsOfSweep',
        tags,
        summary: 'Make bots with the best settings, and start them',
        ...changing,
        params: bySweep,
        headers: idempotency,
        body: botsOfSweep,
        response: answers(botsMade, 'The bots are made'),
      },
    },
    async ({ params: { id }, body, headers }) => {
      const document = finished(id);
      const bots: string[] = [];
      for (const [at, bot] of refusing(() => botsOf(document, body.name, body.pairs ?? [])).entries()) {
        const key = headers['idempotency-key'];
        bots.push(await makeBot(context, key === undefined ? undefined : `${key.slice(0, 60)}.${at}`, bot));
      }
      return { ok: true as const, bots };
    },
  );
  app.post(
    '/api/sweeps/:id/remove',
    {
      schema: {
        operationId: 'removeSweep',
        tags,
        summary: 'Forget a sweep; one that runs is ended',
        ...changing,
        params: bySweep,
        body: z.strictObject({}),
        response: answers(z.object({ ok: z.literal(true) }), 'It is gone'),
      },
    },
    async ({ params: { id } }) => {
      const wasAsked = jobs.find(id) !== undefined;
      jobs.drop(id);
      if (!wasAsked || isStored(id)) {
        refusing(() => readSweep(data, id));
        const news = await host.removeSweep(id);
        if (news.kind === 'failed') throw new ApiFailure(503, news.code, news.reason);
      }
      return { ok: true as const };
    },
  );
  return () => jobs.close();
}
