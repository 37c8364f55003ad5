import { Button } from '@mantine/core';
import { Confirm } from '../parts/confirm.tsx';

interface TradeActsProps {
  readonly bot: string;
  readonly steps: number;
}

/** Steps of a trade that can be closed or given up one by one, and its entry. */
export function TradeActs({ bot, steps }: TradeActsProps) {
  const path = (act: string) => `/api/bots/${encodeURIComponent(bot)}/${act}`;
  return (
    <div className="deal-acts">
      {Array.from({ length: steps }, (_, index) => index + 1).map((step) => (
        <Confirm
          key={step}
          title={`Close step ${step} now?`}
          yes={`Close step ${step}`}
          no="Keep it"
          path={path('close-step')}
          body={() => ({ step })}
          asks={(open) => (
            <Button size="compact-xs" variant="default" onClick={open}>
              Close step {step}
            </Button>
          )}
        >
          <p>Its part of the position is sold, or bought back, near the market’s price; the other steps stay.</p>
        </Confirm>
      ))}
      <Confirm
        title="Enter with nothing more?"
        yes="Give the entry up"
        no="Keep it"
        path={path('cancel-entry')}
        body={() => ({})}
        asks={(open) => (
          <Button size="compact-xs" variant="default" onClick={open}>
            Give the entry up
          </Button>
        )}
      >
        <p>What the entry has traded is kept with its exits; the rest of it is cancelled.</p>
      </Confirm>
    </div>
  );
}
