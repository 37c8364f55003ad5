/*
 * The comparison kernel of the DCA benchmark: a plain loop over all candles, with the bot's fills, fees, roundings, deals and the
 * drawdown at every close. Reads columns of int32 (open, high, low, close of ROWS candles of one minute, one file after the
 * other), runs ROUNDS times, prints: median ns, fills, deals, quote and base in 10^-8, largest drawdown.
 *   cc -O3 -march=native -o dca dca.c -lm && ./dca FILE ROWS ROUNDS TICK_PER_QUOTE LOT_PER_BASE FUNDS BASE_SIZE SIZE SIZE_MULTIPLIER
 *       STEP STEP_MULTIPLIER LEVELS ACTIVE TARGET FEE COOLDOWN_MS
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST 64

typedef struct {
  double tick, lot, base_size, target, fee;
  double sizes[MOST], shares[MOST];
  int levels, active;
  int64_t funds, lot8, value8, pause_ms;
} plan_t;

typedef struct {
  int64_t fills, deals, quote, base;
  double drawdown;
} sums_t;

typedef struct {
  int64_t held, entry_held, quote, base, fills, deals, lots[MOST];
  double cost, entry_cost;
  int64_t prices[MOST];
  int ladder, filled, resting;
} deal_t;

static void buy(const plan_t *p, deal_t *d, int64_t price, int64_t lots) {
  int64_t value = price * lots * p->value8, base = lots * p->lot8;
  int64_t fee = (int64_t)ceil((double)base * p->fee - 1e-9);
  d->quote -= value;
  d->base += base - fee;
  d->held += base - fee;
  d->cost += (double)value;
  d->fills++;
}

static int64_t target_of(const plan_t *p, const deal_t *d) {
  return (int64_t)ceil(d->cost * p->target / (double)d->held);
}

static void rest(const plan_t *p, deal_t *d, int64_t ask) {
  while (d->resting < d->ladder && d->resting - d->filled < p->active) {
    int n = d->resting++;
    if (d->prices[n] < ask) continue;
    buy(p, d, ask, d->lots[n]);
    d->filled++;
  }
}

static void open_deal(const plan_t *p, deal_t *d, int64_t price) {
  int64_t ask = price + 1, held = d->held;
  double cost = d->cost;
  buy(p, d, ask, (int64_t)ceil(p->base_size / (double)(ask * p->value8)));
  d->entry_held = d->held - held;
  d->entry_cost = d->cost - cost;
  d->ladder = d->filled = d->resting = 0;
  for (int n = 0; n < p->levels; n++) {
    int64_t at = (int64_t)floor(d->entry_cost * p->shares[n] * (double)p->lot8 / ((double)d->entry_held * (double)p->value8));
    d->prices[n] = at;
    d->lots[n] = (int64_t)ceil(p->sizes[n] / (double)(at * p->value8));
    d->ladder++;
  }
  rest(p, d, ask);
}

static sums_t run(const plan_t *p, const int32_t *open, const int32_t *high, const int32_t *low, const int32_t *close, int rows) {
  static const int64_t delay[4] = {0, 15000, 30000, 59999};
  deal_t d = {0};
  d.quote = p->funds;
  double peak = -1, worst = 0;
  int is_open = 0;
  int64_t wake = 0, buy_at = 0, sell_at = 0, last = open[0];
  for (int row = 0; row < rows; row++) {
    int64_t start = (int64_t)row * 60000;
    int quiet = is_open ? low[row] > buy_at && high[row] < sell_at : start + delay[3] < wake;
    if (!quiet) {
      int low_first = close[row] >= open[row];
      int64_t path[4] = {open[row], low_first ? low[row] : high[row], low_first ? high[row] : low[row], close[row]};
      for (int step = 0; step < 4; step++) {
        int64_t at = start + delay[step], price = path[step];
        int changed = 0;
        if (!is_open && wake < at && row + step > 0) {
          open_deal(p, &d, last);
          is_open = changed = 1;
        }
        if (changed) {
          buy_at = d.resting > d.filled ? d.prices[d.filled] : 0;
          sell_at = target_of(p, &d);
          changed = 0;
        }
        if (!is_open && wake <= at) {
          open_deal(p, &d, price);
          is_open = changed = 1;
        } else if (is_open && price >= sell_at) {
          int64_t lots = d.held / p->lot8, value = sell_at * lots * p->value8, left = d.held - lots * p->lot8;
          d.quote += value - (int64_t)ceil((double)value * p->fee - 1e-9);
          d.base -= lots * p->lot8;
          d.cost = left == 0 ? 0 : d.cost * ((double)left / (double)d.held);
          d.held = left;
          d.fills++;
          d.deals++;
          is_open = 0;
          wake = at + p->pause_ms;
        } else if (is_open && price <= buy_at) {
          while (d.filled < d.resting && price <= d.prices[d.filled]) {
            buy(p, &d, d.prices[d.filled], d.lots[d.filled]);
            d.filled++;
          }
          rest(p, &d, price + 1);
          changed = 1;
        }
        if (changed) {
          buy_at = d.resting > d.filled ? d.prices[d.filled] : 0;
          sell_at = target_of(p, &d);
        }
        last = price;
      }
    } else last = close[row];
    double value = (double)d.quote / 1e8 + (double)d.base / 1e8 * ((double)close[row] * p->tick);
    if (value > peak) peak = value;
    else if ((peak - value) / peak > worst) worst = (peak - value) / peak;
  }
  sums_t sums = {d.fills, d.deals, d.quote, d.base, worst};
  return sums;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  if (argc != 17) return fprintf(stderr, "usage: dca FILE ROWS ROUNDS and 13 settings\n"), 64;
  int rows = atoi(argv[2]), rounds = atoi(argv[3]);
  double ticks = atof(argv[4]), lots = atof(argv[5]);
  plan_t p = {0};
  p.tick = 1 / ticks;
  p.lot = 1 / lots;
  p.lot8 = llround(1e8 / lots);
  p.value8 = llround(1e8 / (ticks * lots));
  p.funds = llround(atof(argv[6]) * 1e8);
  p.base_size = atof(argv[7]) * 1e8;
  p.levels = atoi(argv[12]);
  p.active = atoi(argv[13]);
  double size = atof(argv[8]) * 1e8, step = atof(argv[10]), distance = 0;
  for (int n = 0; n < p.levels; n++) {
    distance += step;
    p.sizes[n] = size;
    p.shares[n] = 1 - distance;
    size *= atof(argv[9]);
    step *= atof(argv[11]);
  }
  p.fee = atof(argv[15]);
  p.target = (1 + atof(argv[14])) / (1 - p.fee) / (double)p.value8 * (double)p.lot8;
  p.pause_ms = atoll(argv[16]);
  int32_t *columns = malloc((size_t)rows * 16);
  FILE *file = fopen(argv[1], "rb");
  if (!columns || !file || fread(columns, 16, rows, file) != (size_t)rows) return fprintf(stderr, "dca: cannot read %s\n", argv[1]), 1;
  double *times = malloc(sizeof(double) * rounds);
  sums_t sums = {0};
  for (int round = 0; round < rounds; round++) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    sums = run(&p, columns, columns + rows, columns + 2 * (size_t)rows, columns + 3 * (size_t)rows, rows);
    clock_gettime(CLOCK_MONOTONIC, &b);
    times[round] = (b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec);
  }
  qsort(times, rounds, sizeof(double), by_size);
  printf("%.0f %lld %lld %lld %lld %.17g\n", times[rounds / 2], (long long)sums.fills, (long long)sums.deals, (long long)sums.quote,
         (long long)sums.base, sums.drawdown);
  return 0;
}
