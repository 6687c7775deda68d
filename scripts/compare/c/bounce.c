// What it costs that a cache line goes to another core and back: two threads take turns at one word, and spin meanwhile.
//
//     bounce TURNS CPU CPU DELAY
//
// prints the nanoseconds of a round trip: the median over batches, since a turn is about as short as a look at the clock.
// Before it answers, each does so many multiplications, of a nanosecond each: a program that does more than this one takes
// longer to answer, and the other looks once more meanwhile, which takes the line away.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include "turns.h"

enum { BATCH = 1000 };

// Alone on its cache line, and on the one that the processor fetches along with it. So is what one of the two writes at each turn: on a
// line with what both read, it would travel as well.
static _Alignas(128) atomic_ulong word;
static _Alignas(128) unsigned long sent;
static _Alignas(128) int cpus[2], delay;

static void bind_to(int cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) {
        perror("sched_setaffinity");
        exit(1);
    }
}

// As Rust's `spin_loop` does: without it a processor guesses ahead that the word hasn't changed, and undoes much when it has.
static void pause_a_moment(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

static void await(unsigned long value) {
    while (atomic_load_explicit(&word, memory_order_acquire) != value)
        pause_a_moment();
    for (int i = 0; i < delay; i++) {
        value *= 3;
        __asm__ volatile("" : "+r"(value));
    }
}

// Sends an odd number, and awaits the even one that follows it.
static int turns(void) {
    for (int turn = 0; turn < BATCH; turn++) {
        sent += 2;
        atomic_store_explicit(&word, sent - 1, memory_order_release);
        await(sent);
    }
    return 0;
}

static void *answer(void *unused) {
    bind_to(cpus[1]);
    for (unsigned long value = 2;; value += 2) {
        await(value - 1);
        atomic_store_explicit(&word, value, memory_order_release);
    }
    return unused;
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "say how many turns, on which two CPUs, and after what delay\n");
        return 2;
    }
    cpus[0] = atoi(words[2]), cpus[1] = atoi(words[3]), delay = atoi(words[4]);
    bind_to(cpus[0]);
    pthread_t other;
    if (pthread_create(&other, NULL, answer, NULL) != 0) {
        fprintf(stderr, "can't start a thread\n");
        return 1;
    }
    // The other thread ends with this process.
    return measure(strtoul(words[1], NULL, 10) / BATCH, BATCH, "bounce", turns);
}
