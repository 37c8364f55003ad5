import type { BotDetail } from '@holdfast/contracts';
import { Button } from '@mantine/core';
import { ActForm } from '../deal/funds-acts.tsx';
import { Confirm } from '../parts/confirm.tsx';

/** What a bot trades with: the coins too, where it has one pair. */
function assetsOf({ pairs }: BotDetail): readonly string[] {
  const [[base = '', quote = ''] = []] = pairs.map((pair) => pair.split('/'));
  return pairs.length === 1 ? [quote, base] : [quote];
}

/** Funds, copy, export and end of a bot. */
export function MoveBot({ bot }: { readonly bot: BotDetail }) {
  const path = `/api/bots/${encodeURIComponent(bot.id)}`;
  return (
    <div className="move-bot">
      <ActForm
        label="Give funds"
        title="Give the bot more of the free funds"
        path={`${path}/fund`}
        inputs={assetsOf(bot).map((asset) => ({
          name: asset,
          label: asset,
          hint: 'Nothing of it when left empty.',
          unit: asset,
        }))}
        body={(funds) => ({ funds })}
      />
      <Button
        size="compact-xs"
        variant="default"
        component="a"
        href={`${path}/export`}
        download={`${bot.name.replaceAll(/[^\w-]+/g, '-')}.json`}
      >
        Export
      </Button>
      <Confirm
        title="Make another bot like this?"
        yes="Copy"
        no="Not now"
        path={`${path}/copy`}
        body={() => ({})}
        asks={(open) => (
          <Button size="compact-xs" variant="default" onClick={open}>
            Copy
          </Button>
        )}
      >
        <p>It has the same settings and pairs, and funds of its own as the settings need them. It waits until you start it.</p>
      </Confirm>
      {bot.openDeals.length > 0 ? null : (
        <Confirm
          title={`Delete ${bot.name}?`}
          yes="Delete"
          no="Keep it"
          path={`${path}/delete`}
          body={() => ({})}
          asks={(open) => (
            <Button size="compact-xs" variant="default" onClick={open}>
              Delete
            </Button>
          )}
        >
          <p>Its funds are free again and its key at the vault ends. Its closed deals stay in the books.</p>
        </Confirm>
      )}
    </div>
  );
}
