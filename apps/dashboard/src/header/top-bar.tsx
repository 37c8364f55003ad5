import type { Clock } from '@holdfast/contracts';
import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useConnected } from '../api/live.ts';
import { useStatus } from '../api/queries.ts';
import { formatClock, formatDate } from '../format/time.ts';
import { Icon, Mark } from '../parts/icons.tsx';
import { Dot } from '../parts/panel.tsx';

export function TopBar() {
  const { data: status } = useStatus();
  return (
    <header className="bar">
      <h1 className="brand">
        <Mark />
        Holdfast
      </h1>
      <div className="bar-end">
        <MarketClock clock={status?.clock} />
        <Live />
        <ColourSwitch />
      </div>
    </header>
  );
}

/** The time of the market, which is not the time of the room. */
function MarketClock({ clock }: { readonly clock: Clock | undefined }) {
  return (
    <div className="clock">
      <span className="clock-time">{clock?.now == null ? '--:--:--' : formatClock(clock.now)}</span>
      <span className="clock-note">
        {clock?.now == null ? 'no market time' : `${formatDate(clock.now)} UTC`}
        <span className="clock-market"> · {speedOf(clock)}</span>
      </span>
    </div>
  );
}

function speedOf(clock: Clock | undefined): string {
  if (clock === undefined || clock.now === null) return 'waiting';
  if (clock.real !== undefined) return `${clock.real}, this machine’s clock`;
  const market = clock.tape === null ? 'synthetic market' : `tape ${clock.tape}`;
  if (clock.ended) return `${market}, at its end`;
  if (clock.speed === null) return `${market}, real time`;
  return clock.speed === 'max' ? `${market}, as fast as it goes` : `${market}, ${clock.speed}× speed`;
}

function Live() {
  const connected = useConnected();
  return (
    <span className="live">
      <Dot tone={connected === true ? 'good' : connected === false ? 'bad' : 'plain'} />
      <span className="live-words">{connected === true ? 'Live' : connected === false ? 'Interrupted' : 'Connecting'}</span>
    </span>
  );
}

function ColourSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const now = useComputedColorScheme();
  const next = now === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={`Switch to ${next} colours`}
      title={`Switch to ${next} colours`}
      onClick={() => setColorScheme(next)}
    >
      <Icon name={now === 'dark' ? 'sun' : 'moon'} />
    </ActionIcon>
  );
}
