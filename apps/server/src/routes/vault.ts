/** Routes to the vault: its verdicts, and the freeze. What lifts a freeze is an act of the owner and is not here. */
import { freezeRequest, frozenAnswer, verdictsAnswer } from '@holdfast/contracts';
import type { AccountId } from '@holdfast/domain';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { verdictView } from '../status/vault-view.ts';
import { answers, changing, count } from './answers.ts';
import type { App } from './app.ts';

async function botsBySubKey(context: Context): Promise<ReadonlyMap<string, string>> {
  const rows = await context.database().selectFrom('bots').select(['id', 'sub_key']).execute();
  return new Map(rows.flatMap(({ id, sub_key }) => (sub_key === null ? [] : [[sub_key, id] as const])));
}

export function addVaultRoutes(app: App, context: Context): void {
  app.get(
    '/api/verdicts',
    {
      schema: {
        operationId: 'listVerdicts',
        tags: ['vault'],
        summary: 'What the vault approved and refused, newest first',
        querystring: z.strictObject({ limit: count(500, 50) }),
        response: answers(verdictsAnswer, 'Verdicts with their reasons'),
      },
    },
    async ({ query }) => {
      const records = await context.vault.verdicts(query.limit);
      const bots = await botsBySubKey(context);
      return { verdicts: records.map((record) => verdictView(record, bots)) };
    },
  );
  app.post(
    '/api/freeze',
    {
      schema: {
        operationId: 'freeze',
        tags: ['vault'],
        summary: 'Freeze all accounts or one: the vault signs nothing more until the owner lifts it',
        ...changing,
        body: freezeRequest,
        response: answers(frozenAnswer, 'Frozen'),
      },
    },
    async ({ body }) => {
      await context.vault.freeze(body.reason, body.account as AccountId | undefined);
      context.hub.changed(['status']);
      const { state } = await context.vault.status();
      return { ok: true as const, state };
    },
  );
}
