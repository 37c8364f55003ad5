/*
 * The comparison kernel of the DCA benchmark: a plain loop over all candles, with the bot's fills, fees, roundings, deals and the
 * drawdown at every close; dca-loop.ts is the same in TypeScript.
 *   cc -O3 -march=native -ffp-contract=off -o dca dca.c -lm && ./dca COLUMNS ROWS PLANS ROUNDS
 * COLUMNS holds int32 open, high, low, close of ROWS candles of one minute, one column after the other; PLANS a line of numbers for
 * each set of settings (plan_t in order, then size and share of each level). Prints the median ns of a round over all plans, then
 * the hash of each plan.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hash.h"

#define MOST 64

typedef struct {
  /* Quote of a lot at one tick and base of a lot in 10^-8; a tick in quote. */
  double value8, lot8, tick;
  /* Quote in 10^-8, ticks, share as a fraction, ms. */
  double funds, base_size, target, cap, fee_numerator, fee_denominator, pause_ms;
  int active, levels;
  double sizes[MOST], shares[MOST];
} plan_t;

typedef struct {
  int64_t held, entry_held, quote, base, deals, lots[MOST], prices[MOST];
  double cost, entry_cost;
  int filled, resting;
  hash_t hash;
} deal_t;

/* Quotients that are whole are not always so in floating point. */
static int64_t up(double value) { return (int64_t)ceil(value - 1e-7); }
static int64_t down(double value) { return (int64_t)floor(value + 1e-7); }

static int64_t fee_of(const plan_t *p, int64_t amount) {
  int64_t product = amount * (int64_t)p->fee_numerator, by = (int64_t)p->fee_denominator;
  return (product + by - 1) / by;
}

static void buy(const plan_t *p, deal_t *d, int64_t at, int64_t price, int64_t lots) {
  int64_t value = price * lots * (int64_t)p->value8, base = lots * (int64_t)p->lot8, fee = fee_of(p, base);
  d->quote -= value;
  d->base += base - fee;
  d->held += base - fee;
  d->cost += (double)value;
  hash_fill(&d->hash, at, 1, price, lots, fee);
}

static void sell(const plan_t *p, deal_t *d, int64_t at, int64_t price) {
  int64_t lots = d->held / (int64_t)p->lot8, value = price * lots * (int64_t)p->value8, fee = fee_of(p, value);
  int64_t sold = lots * (int64_t)p->lot8, left = d->held - sold;
  d->quote += value - fee;
  d->base -= sold;
  d->cost = left == 0 ? 0 : d->cost * ((double)left / (double)d->held);
  d->held = left;
  d->deals++;
  hash_fill(&d->hash, at, 0, price, lots, fee);
}

static void rest(const plan_t *p, deal_t *d, int64_t at, int64_t ask) {
  while (d->resting < p->levels && d->resting - d->filled < p->active) {
    int n = d->resting++;
    if (d->prices[n] < ask) continue;
    buy(p, d, at, ask, d->lots[n]);
    d->filled++;
  }
}

/* The bot counts with the ask that it knows; its order meets that of the tick. */
static void open_deal(const plan_t *p, deal_t *d, int64_t at, int64_t known, int64_t ask) {
  int64_t held = d->held;
  double cost = d->cost;
  buy(p, d, at, ask, up(p->base_size / ((double)known * p->value8)));
  d->entry_held = d->held - held;
  d->entry_cost = d->cost - cost;
  d->filled = d->resting = 0;
  for (int n = 0; n < p->levels; n++) {
    d->prices[n] = down(d->entry_cost * p->shares[n] * p->lot8 / ((double)d->entry_held * p->value8));
    d->lots[n] = up(p->sizes[n] / ((double)d->prices[n] * p->value8));
  }
  rest(p, d, at, ask);
}

static hash_t run(const plan_t *p, const int32_t *open, const int32_t *high, const int32_t *low, const int32_t *close, int rows) {
  static const int64_t delay[4] = {0, 15000, 30000, 59999};
  deal_t d = {0};
  d.quote = (int64_t)p->funds;
  d.hash = hash_start;
  double peak = -1, worst = 0;
  int is_open = 1;
  int64_t wake = 0, last = open[0];
  open_deal(p, &d, 0, last + 1, last + 1);
  int64_t buy_at = d.resting > d.filled ? d.prices[d.filled] : 0;
  int64_t sell_at = up(d.cost * p->target / (double)d.held);
  for (int row = 0; row < rows; row++) {
    int64_t start = (int64_t)row * 60000;
    int is_quiet = is_open ? low[row] > buy_at && high[row] < sell_at : start + delay[3] < wake;
    if (!is_quiet) {
      int low_first = close[row] >= open[row];
      int64_t path[4] = {open[row], low_first ? low[row] : high[row], low_first ? high[row] : low[row], close[row]};
      for (int step = 0; step < 4; step++) {
        int64_t at = start + delay[step], price = path[step];
        if (!is_open) {
          if (wake > at) {
            last = price;
            continue;
          }
          open_deal(p, &d, at, (step == 0 ? last : price) + 1, price + 1);
          is_open = 1;
        } else if (price >= sell_at) {
          sell(p, &d, at, sell_at);
          is_open = 0;
          wake = at + (int64_t)p->pause_ms;
          last = price;
          continue;
        } else if (price <= buy_at) {
          for (; d.filled < d.resting && price <= d.prices[d.filled]; d.filled++)
            buy(p, &d, at, d.prices[d.filled], d.lots[d.filled]);
          rest(p, &d, at, price + 1);
        } else
          continue;
        buy_at = d.resting > d.filled ? d.prices[d.filled] : 0;
        sell_at = up(d.cost * p->target / (double)d.held);
      }
    }
    last = close[row];
    double value = (double)d.quote / 1e8 + (double)d.base / 1e8 * ((double)close[row] * p->tick);
    if (value > peak) peak = value;
    else if ((peak - value) / peak > worst) worst = (peak - value) / peak;
  }
  hash_end(&d.hash, d.deals, d.quote, d.base, worst);
  return d.hash;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static int read_plan(FILE *file, plan_t *p) {
  if (fscanf(file, "%lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %d %d", &p->value8, &p->lot8, &p->tick, &p->funds, &p->base_size,
             &p->target, &p->cap, &p->fee_numerator, &p->fee_denominator, &p->pause_ms, &p->active, &p->levels) != 12)
    return 0;
  if (p->levels > MOST) return 0;
  for (int n = 0; n < p->levels; n++)
    if (fscanf(file, "%lf %lf", &p->sizes[n], &p->shares[n]) != 2) return 0;
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: dca COLUMNS ROWS PLANS ROUNDS\n"), 64;
  int rows = atoi(argv[2]), rounds = atoi(argv[4]), count = 0, room = 16;
  int32_t *columns = malloc((size_t)rows * 16);
  FILE *file = fopen(argv[1], "rb"), *text = fopen(argv[3], "r");
  if (!columns || !file || fread(columns, 16, rows, file) != (size_t)rows) return fprintf(stderr, "dca: cannot read %s\n", argv[1]), 1;
  if (!text) return fprintf(stderr, "dca: cannot read %s\n", argv[3]), 1;
  plan_t *plans = malloc(sizeof(plan_t) * room);
  while (plans && read_plan(text, &plans[count]))
    if (++count == room) plans = realloc(plans, sizeof(plan_t) * (room *= 2));
  double *times = malloc(sizeof(double) * rounds);
  hash_t *hashes = malloc(sizeof(hash_t) * (count + 1));
  if (!plans || !times || !hashes) return fprintf(stderr, "dca: no memory\n"), 1;
  for (int round = 0; round < rounds; round++) {
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int n = 0; n < count; n++)
      hashes[n] = run(&plans[n], columns, columns + rows, columns + 2 * (size_t)rows, columns + 3 * (size_t)rows, rows);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    times[round] = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
  }
  qsort(times, rounds, sizeof(double), by_size);
  printf("%.0f\n", times[rounds / 2]);
  for (int n = 0; n < count; n++) printf("%08x%08x\n", hashes[n].a, hashes[n].b);
  return 0;
}
