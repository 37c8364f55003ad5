/** What the page reads, by name; live events say when to read again, a slow poll is the net below. */
import type {
  BotDetail,
  BotKind,
  BotReportView,
  CandlesAnswer,
  DealsAnswer,
  EquityAnswer,
  FillsAnswer,
  LogAnswer,
  PairView,
  SignalsAnswer,
  StatisticsAnswer,
  Status,
  VerdictsAnswer,
} from '@holdfast/contracts';
import { QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { read, send } from './client.ts';

const slowPollMs = 10_000;
/** What follows the market's price without an event of its own: value of the account, profit of the open deal. */
const pricePollMs = 2_000;

export const makeQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: { retry: 1, retryDelay: 1_000, staleTime: 1_000, refetchInterval: slowPollMs, networkMode: 'always' },
    },
  });

const inPath = encodeURIComponent;

export const useStatus = () =>
  useQuery({ queryKey: ['status'], queryFn: () => read<Status>('/api/status'), refetchInterval: pricePollMs });

export const useBot = (id: string | undefined) =>
  useQuery({
    queryKey: ['bot', id],
    queryFn: () => read<BotDetail>(`/api/bots/${inPath(id ?? '')}`),
    refetchInterval: pricePollMs,
    enabled: id !== undefined,
  });

export const useBotKinds = (wanted: boolean) =>
  useQuery({
    queryKey: ['bot-kinds'],
    queryFn: () => read<{ kinds: BotKind[] }>('/api/bot-kinds'),
    enabled: wanted,
    refetchInterval: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const usePairs = () =>
  useQuery({
    queryKey: ['pairs'],
    queryFn: () => read<{ pairs: PairView[] }>('/api/pairs'),
    staleTime: 60_000,
    refetchInterval: false,
  });

export const useClosedDeals = (bot: string | undefined) =>
  useQuery({
    queryKey: ['deals', bot],
    queryFn: () => read<DealsAnswer>(`/api/deals?state=closed&limit=100&bot=${inPath(bot ?? '')}`),
    enabled: bot !== undefined,
  });

export const useReport = (bot: string | undefined) =>
  useQuery({
    queryKey: ['report', bot],
    queryFn: () => read<BotReportView>(`/api/bots/${inPath(bot ?? '')}/report`),
    enabled: bot !== undefined,
  });

/** Of one bot, or of all. */
export const useStatistics = (bot: string | undefined) =>
  useQuery({
    queryKey: ['statistics', bot],
    queryFn: () => read<StatisticsAnswer>(bot === undefined ? '/api/statistics' : `/api/bots/${inPath(bot)}/statistics`),
    refetchInterval: 30_000,
  });

export const useBotLog = (bot: string) =>
  useQuery({ queryKey: ['log', bot], queryFn: () => read<LogAnswer>(`/api/log?limit=100&bot=${inPath(bot)}`) });

export const useSignals = (bot: string) =>
  useQuery({ queryKey: ['signals', bot], queryFn: () => read<SignalsAnswer>(`/api/signals?limit=50&bot=${inPath(bot)}`) });

export const candleCount = 1000;

export const useCandles = (pair: string | undefined, interval: string) =>
  useQuery({
    queryKey: ['candles', pair, interval],
    queryFn: () => read<CandlesAnswer>(`/api/pairs/${pair}/candles?interval=${interval}&limit=${candleCount}`),
    enabled: pair !== undefined,
    refetchInterval: 60_000,
  });

export const useFills = (pair: string | undefined) =>
  useQuery({
    queryKey: ['fills', pair],
    queryFn: () => read<FillsAnswer>(`/api/pairs/${pair}/fills?limit=500`),
    enabled: pair !== undefined,
  });

export const useEquity = () => useQuery({ queryKey: ['equity'], queryFn: () => read<EquityAnswer>('/api/equity') });

export const useVerdicts = () =>
  useQuery({ queryKey: ['verdicts'], queryFn: () => read<VerdictsAnswer>('/api/verdicts?limit=50') });

export const useLog = () => useQuery({ queryKey: ['log'], queryFn: () => read<LogAnswer>('/api/log?limit=100') });

/** A change; afterwards everything is read again. */
export function useChange<Answer>(path: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: object) => send<Answer>(path, body),
    onSettled: () => client.invalidateQueries(),
    networkMode: 'always',
  });
}
