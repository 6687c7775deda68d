// What the programs here share: many turns, each timed by itself or a batch of them together, and their median.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t now(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return moment.tv_sec * INT64_C(1000000000) + moment.tv_nsec;
}

static int ascending(const void *one, const void *other) {
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

// Does `turns` as often as `times` says, and prints the median nanoseconds of one turn of the `batch` that it does.
static int measure(size_t times, int batch, const char *what, int (*turns)(void)) {
    int64_t *took = calloc(times, sizeof *took);
    if (times == 0 || took == NULL) {
        fprintf(stderr, "say how many turns\n");
        return 2;
    }
    for (size_t i = 0; i < times; i++) {
        int64_t began = now();
        if (turns() != 0) {
            perror(what);
            return 1;
        }
        took[i] = now() - began;
    }
    qsort(took, times, sizeof *took, ascending);
    printf("%.1f\n", (double)took[times / 2] / batch);
    return 0;
}
