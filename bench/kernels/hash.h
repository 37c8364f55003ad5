/* hash.ts in C: one hash of what a run did, its fills in order, then its sums. */
#include <stdint.h>
#include <string.h>

typedef struct {
  uint32_t a, b;
  int64_t fills;
} hash_t;

static const hash_t hash_start = {0x811c9dc5u, 0x9747b28cu, 0};

static inline void hash_word(hash_t *h, uint32_t word) {
  h->a = (h->a ^ word) * 0x01000193u;
  h->a ^= h->a >> 15;
  h->b = (h->b ^ word) * 0x85ebca6bu;
  h->b ^= h->b >> 13;
}

static inline void hash_whole(hash_t *h, int64_t value) {
  hash_word(h, (uint32_t)value);
  hash_word(h, (uint32_t)((uint64_t)value >> 32));
}

/* ms since the first candle, ticks, lots, 10^-8 of the fee's asset */
static inline void hash_fill(hash_t *h, int64_t at, int is_buy, int64_t price, int64_t lots, int64_t fee) {
  h->fills++;
  hash_whole(h, at);
  hash_word(h, is_buy ? 1 : 2);
  hash_whole(h, price);
  hash_whole(h, lots);
  hash_whole(h, fee);
}

/* quote and base in 10^-8 */
static inline void hash_end(hash_t *h, int64_t deals, int64_t quote, int64_t base, double drawdown) {
  uint64_t bits;
  memcpy(&bits, &drawdown, 8);
  hash_whole(h, h->fills);
  hash_whole(h, deals);
  hash_whole(h, quote);
  hash_whole(h, base);
  hash_whole(h, (int64_t)bits);
}
