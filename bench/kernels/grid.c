/*
 * The comparison kernel of the grid benchmarks: a plain loop over all candles, with the bot's fills, fees, roundings, round trips
 * and the drawdown at every close; grid-loop.ts is the same in TypeScript.
 *   cc -O3 -march=native -ffp-contract=off -o grid grid.c && ./grid COLUMNS ROWS PLAN ROUNDS
 * COLUMNS as of dca.c; PLAN holds the numbers of plan_t in order, the lots of each buy of the start, then lower and upper line,
 * lots and lots before fees of each cell. Prints the median ns of a round and the hash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hash.h"

#define MOST 1024
#define QUEUE 64

typedef struct {
  int64_t value8, lot8;
  double tick;
  int64_t quote, base, fee_numerator, fee_denominator;
  int active_buys, active_sells, turn, first_buys, cells;
  int64_t first[MOST], lower[MOST], upper[MOST], lots[MOST], gross[MOST];
} plan_t;

typedef struct {
  int cell;
  int64_t quote, base, freed;
} news_t;

typedef struct {
  int64_t quote, base, counted, reserved, deals, orders[MOST];
  uint8_t begun[MOST];
  int turn, queued;
  news_t queue[QUEUE];
  hash_t hash;
} grid_t;

static int64_t fee_of(const plan_t *p, int64_t amount) {
  return (amount * p->fee_numerator + p->fee_denominator - 1) / p->fee_denominator;
}

static void say(grid_t *g, int cell, int64_t quote, int64_t base, int64_t freed) {
  if (g->queued == QUEUE) exit(3);
  g->queue[g->queued++] = (news_t){cell, quote, base, freed};
}

static int64_t bought(const plan_t *p, grid_t *g, int64_t at, int64_t price, int64_t lots) {
  int64_t fee = fee_of(p, lots * p->lot8);
  hash_fill(&g->hash, at, 1, price, lots, fee);
  return lots * p->lot8 - fee;
}

static void fill_buy(const plan_t *p, grid_t *g, int64_t at, int cell, int64_t price) {
  int64_t lots = g->orders[cell];
  say(g, cell, -price * lots * p->value8, bought(p, g, at, price, lots), 0);
}

static void fill_sell(const plan_t *p, grid_t *g, int64_t at, int cell) {
  int64_t lots = g->orders[cell], value = p->upper[cell] * lots * p->value8, fee = fee_of(p, value);
  hash_fill(&g->hash, at, 0, p->upper[cell], lots, fee);
  say(g, cell, value - fee, -lots * p->lot8, lots * p->lot8);
}

static void place_buy(const plan_t *p, grid_t *g, int64_t at, int64_t price, int cell) {
  if (g->orders[cell] > 0) return;
  int64_t made = (p->gross[cell] - p->lots[cell]) * p->lot8;
  g->orders[cell] = g->base - g->counted >= made ? p->lots[cell] : p->gross[cell];
  if (p->lower[cell] >= price + 1) fill_buy(p, g, at, cell, price + 1);
}

static void place_sell(const plan_t *p, grid_t *g, int cell) {
  if (g->orders[cell] > 0) return;
  int64_t has = (g->base - g->reserved) / p->lot8;
  g->orders[cell] = p->lots[cell] < has ? p->lots[cell] : has;
  g->reserved += g->orders[cell] * p->lot8;
}

static void cancel(const plan_t *p, grid_t *g, int cell) {
  if (g->orders[cell] == 0) return;
  say(g, -1, 0, 0, cell < g->turn ? 0 : g->orders[cell] * p->lot8);
  g->orders[cell] = 0;
}

/* The bot hears of fills one at a time, and orders after each. */
static void hear(const plan_t *p, grid_t *g, int64_t at, int64_t price) {
  for (int head = 0; head < g->queued; head++) {
    news_t n = g->queue[head];
    g->reserved -= n.freed;
    if (n.cell < 0) continue;
    g->quote += n.quote;
    g->base += n.base;
    g->orders[n.cell] = 0;
    g->deals += g->begun[n.cell];
    g->begun[n.cell] ^= 1;
    int sells = n.cell + p->active_sells, buys = n.cell - p->active_buys;
    if (n.base > 0) {
      g->turn = n.cell;
      g->counted += p->lots[n.cell] * p->lot8;
      if (sells < p->cells) cancel(p, g, sells);
      if (buys >= 0) place_buy(p, g, at, price, buys);
      place_sell(p, g, n.cell);
    } else {
      g->turn = n.cell + 1;
      g->counted -= p->lots[n.cell] * p->lot8;
      if (buys >= 0) cancel(p, g, buys);
      place_buy(p, g, at, price, n.cell);
      if (sells < p->cells) place_sell(p, g, sells);
    }
  }
  g->queued = 0;
}

static void begin(const plan_t *p, grid_t *g, int64_t price) {
  memset(g, 0, sizeof *g);
  g->hash = hash_start;
  g->quote = p->quote;
  g->base = p->base;
  for (int n = 0; n < p->first_buys; n++) {
    g->quote -= (price + 1) * p->first[n] * p->value8;
    g->base += bought(p, g, 0, price + 1, p->first[n]);
  }
  g->turn = p->turn;
  for (int cell = p->turn; cell < p->cells; cell++) g->counted += p->lots[cell] * p->lot8;
  for (int cell = p->turn - 1; cell >= 0 && cell >= p->turn - p->active_buys; cell--) place_buy(p, g, 0, price, cell);
  for (int cell = p->turn; cell < p->cells && cell < p->turn + p->active_sells; cell++) place_sell(p, g, cell);
  hear(p, g, 0, price);
}

static hash_t run(const plan_t *p, const int32_t *open, const int32_t *high, const int32_t *low, const int32_t *close, int rows) {
  static const int64_t delay[4] = {0, 15000, 30000, 59999};
  static grid_t g;
  double peak = -1, worst = 0;
  begin(p, &g, open[0]);
  for (int row = 0; row < rows; row++) {
    int64_t buy_at = g.turn > 0 && g.orders[g.turn - 1] > 0 ? p->lower[g.turn - 1] : 0;
    int64_t sell_at = g.turn < p->cells && g.orders[g.turn] > 0 ? p->upper[g.turn] : INT64_MAX;
    if (low[row] <= buy_at || high[row] >= sell_at) {
      int low_first = close[row] >= open[row];
      int64_t path[4] = {open[row], low_first ? low[row] : high[row], low_first ? high[row] : low[row], close[row]};
      for (int step = 0; step < 4; step++) {
        int64_t at = (int64_t)row * 60000 + delay[step], price = path[step];
        for (int cell = g.turn - 1; cell >= 0 && g.orders[cell] > 0 && price <= p->lower[cell]; cell--)
          fill_buy(p, &g, at, cell, p->lower[cell]);
        for (int cell = g.turn; cell < p->cells && g.orders[cell] > 0 && price >= p->upper[cell]; cell++)
          fill_sell(p, &g, at, cell);
        if (g.queued > 0) hear(p, &g, at, price);
      }
    }
    double value = (double)g.quote / 1e8 + (double)g.base / 1e8 * ((double)close[row] * p->tick);
    if (value > peak) peak = value;
    else if ((peak - value) / peak > worst) worst = (peak - value) / peak;
  }
  hash_end(&g.hash, g.deals, g.quote, g.base, worst);
  return g.hash;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static int64_t whole(FILE *file) {
  long long value = 0;
  if (fscanf(file, "%lld", &value) != 1) exit(2);
  return value;
}

static void read_plan(FILE *file, plan_t *p) {
  p->value8 = whole(file);
  p->lot8 = whole(file);
  if (fscanf(file, "%lf", &p->tick) != 1) exit(2);
  p->quote = whole(file);
  p->base = whole(file);
  p->fee_numerator = whole(file);
  p->fee_denominator = whole(file);
  p->active_buys = (int)whole(file);
  p->active_sells = (int)whole(file);
  p->turn = (int)whole(file);
  p->first_buys = (int)whole(file);
  p->cells = (int)whole(file);
  if (p->first_buys > MOST || p->cells > MOST) exit(2);
  for (int n = 0; n < p->first_buys; n++) p->first[n] = whole(file);
  for (int n = 0; n < p->cells; n++) {
    p->lower[n] = whole(file);
    p->upper[n] = whole(file);
    p->lots[n] = whole(file);
    p->gross[n] = whole(file);
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: grid COLUMNS ROWS PLAN ROUNDS\n"), 64;
  int rows = atoi(argv[2]), rounds = atoi(argv[4]);
  int32_t *columns = malloc((size_t)rows * 16);
  double *times = malloc(sizeof(double) * rounds);
  FILE *file = fopen(argv[1], "rb"), *text = fopen(argv[3], "r");
  if (!columns || !times || !file || !text || fread(columns, 16, rows, file) != (size_t)rows)
    return fprintf(stderr, "grid: cannot read %s and %s\n", argv[1], argv[3]), 1;
  static plan_t p;
  read_plan(text, &p);
  hash_t hash = hash_start;
  for (int round = 0; round < rounds; round++) {
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    hash = run(&p, columns, columns + rows, columns + 2 * (size_t)rows, columns + 3 * (size_t)rows, rows);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    times[round] = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
  }
  qsort(times, rounds, sizeof(double), by_size);
  printf("%.0f\n%08x%08x\n", times[rounds / 2], hash.a, hash.b);
  return 0;
}
