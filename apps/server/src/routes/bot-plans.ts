/** Routes before a bot is there: check, suggestion, copy, export, import. */
import {
  botId,
  checkAnswer,
  checkBot,
  copyBot,
  done,
  type EngineCheck,
  type EngineGridSuggestion,
  exportedBot,
  importBot,
  suggestGrid,
  suggestionAnswer,
} from '@holdfast/contracts';
import type { Pair } from '@holdfast/domain';
import { z } from 'zod';
import { checkAnswer as answerOf } from '../bots/check.ts';
import { makeBot } from '../bots/create.ts';
import { exported, toCreate } from '../bots/files.ts';
import { botRow } from '../bots/rows.ts';
import { triedGrid } from '../bots/try-grid.ts';
import type { Context } from '../context.ts';
import { command, idempotency } from '../engine/command.ts';
import { answers, changing } from './answers.ts';
import type { App } from './app.ts';

const byId = z.object({ id: botId });

export function addBotPlanRoutes(app: App, context: Context): void {
  app.post(
    '/api/bots/check',
    {
      schema: {
        operationId: 'checkBot',
        tags: ['bots'],
        summary: 'What a bot would need and what would be refused, all at once; makes nothing',
        ...changing,
        body: checkBot,
        response: answers(checkAnswer, 'Faults by field, funds, and the mandate it needs beside the one in force'),
      },
    },
    async ({ body }) => {
      const checked = await command<EngineCheck>(context, undefined, {
        command: 'bot-check',
        kind: body.kind,
        ...(body.pair === undefined ? {} : { pair: body.pair }),
        ...(body.pairs === undefined ? {} : { pairs: body.pairs }),
        settings: body.settings,
        ...(body.funds === undefined ? {} : { funds: body.funds }),
      });
      return answerOf(context, checked);
    },
  );
  app.post(
    '/api/bots/suggest-grid',
    {
      schema: {
        operationId: 'suggestGrid',
        tags: ['bots'],
        summary: 'Range and number of lines of a grid, from how much the price moved lately and the fee, with its backtest',
        ...changing,
        body: suggestGrid,
        response: answers(suggestionAnswer, 'Settings to start from; makes nothing'),
      },
    },
    async ({ body: { pair, funds, days, feePercent } }) => {
      const made = await command<EngineGridSuggestion>(context, undefined, {
        command: 'grid-suggest',
        pair,
        ...(funds === undefined ? {} : { funds }),
        days: days ?? 7,
        feePercent: feePercent ?? '0.1',
      });
      const { tape: _, ...shown } = made;
      return { ...shown, settings: { ...made.settings }, ...triedGrid(pair as Pair, made) };
    },
  );
  app.get(
    '/api/bots/:id/export',
    {
      schema: {
        operationId: 'exportBot',
        tags: ['bots'],
        summary: 'A bot as a file: kind, pairs, settings and funds; nothing of what it did and no secret',
        params: byId,
        response: answers(exportedBot, 'The file'),
      },
    },
    async ({ params }) => exported(await botRow(context.database(), params.id)),
  );
  app.post(
    '/api/bots/import',
    {
      schema: {
        operationId: 'importBot',
        tags: ['bots'],
        summary: 'Make a bot from a file; it is not started unless asked for',
        ...changing,
        headers: idempotency,
        body: importBot,
        response: answers(done, 'The bot is made'),
      },
    },
    async ({ body: { bot, ...changes }, headers }) => ({
      ok: true as const,
      bot: await makeBot(context, headers['idempotency-key'], toCreate(bot, changes)),
    }),
  );
  app.post(
    '/api/bots/:id/copy',
    {
      schema: {
        operationId: 'copyBot',
        tags: ['bots'],
        summary: 'Make another bot with the settings of this one, changed where asked for; not started unless asked for',
        ...changing,
        params: byId,
        headers: idempotency,
        body: copyBot,
        response: answers(done, 'The bot is made'),
      },
    },
    async ({ params, body, headers }) => {
      const file = exported(await botRow(context.database(), params.id));
      const changes = body.name === undefined ? { ...body, name: `Copy of ${file.name}`.slice(0, 80) } : body;
      return { ok: true as const, bot: await makeBot(context, headers['idempotency-key'], toCreate(file, changes)) };
    },
  );
}
