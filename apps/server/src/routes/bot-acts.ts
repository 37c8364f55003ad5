/** Routes of what a person does to a deal that goes on, one for each act; and the end of a bot. */
import { actBodies, botId, type DealAct, type DealActName, done, fundBot, ofPair } from '@holdfast/contracts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { command, idempotency } from '../engine/command.ts';
import { answers, changing } from './answers.ts';
import type { App } from './app.ts';

const byId = z.object({ id: botId });
const camel = (name: string): string => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

const summaries: Readonly<Record<DealActName, string>> = {
  'add-funds': 'Buy more into the open deal: for so much quote, resting at `price` or at the market without one',
  'cancel-added': 'Take back added funds that rest',
  'edit-deal': 'Change take profit, trailing, stop loss or averaging orders of the open deal alone',
  'reduce-funds': 'Of a trade: sell so much base, or buy it back, resting at `price` or at the market without one',
  'close-step': 'Of a trade: sell or buy back one take-profit step at once; steps count from 1',
  'cancel-step': 'Of a trade: give one take-profit step up; the others share its part',
  'cancel-entry': 'Of a trade: trade nothing more of the entry',
  edit: 'All settings anew, checked as at the start: of a trade while it goes on, of other bots between deals',
};

export function addBotActRoutes(app: App, context: Context): void {
  for (const [name, body] of Object.entries(actBodies)) {
    app.post(
      `/api/bots/:id/${name}`,
      {
        schema: {
          operationId: camel(name),
          tags: ['bots'],
          summary: summaries[name as DealActName],
          ...changing,
          params: byId,
          headers: idempotency,
          body,
          response: answers(done, 'Committed'),
        },
      },
      async ({ params, headers, body: asked }) => {
        const { pair, deal, ...act } = asked;
        await command(context, headers['idempotency-key'], {
          command: 'deal-act',
          bot: params.id,
          act: { name, ...act } as DealAct,
          ...(pair === undefined ? {} : { pair }),
          ...(deal === undefined ? {} : { deal }),
        });
        return { ok: true as const, bot: params.id };
      },
    );
  }
  app.post(
    '/api/bots/:id/fund',
    {
      schema: {
        operationId: 'fundBot',
        tags: ['bots'],
        summary: 'Give a bot more of the free funds of its account, while it goes on or not',
        ...changing,
        params: byId,
        headers: idempotency,
        body: fundBot,
        response: answers(done, 'Committed'),
      },
    },
    async ({ params, headers, body: { funds } }) => {
      await command(context, headers['idempotency-key'], { command: 'bot-fund', bot: params.id, funds });
      return { ok: true as const, bot: params.id };
    },
  );
  app.post(
    '/api/bots/:id/delete',
    {
      schema: {
        operationId: 'deleteBot',
        tags: ['bots'],
        summary: 'Delete a bot without an open deal; its funds are free again and its sub-key ends',
        ...changing,
        params: byId,
        headers: idempotency,
        body: ofPair.omit({ pair: true, deal: true }),
        response: answers(done, 'Committed'),
      },
    },
    async ({ params, headers }) => {
      await command(context, headers['idempotency-key'], { command: 'bot-action', bot: params.id, action: 'delete' });
      return { ok: true as const, bot: params.id };
    },
  );
}
