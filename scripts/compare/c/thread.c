// What a POSIX thread costs with nothing around it: pthread_create, an empty function, pthread_join; and, step by step,
// what Rust's standard library does besides.
//
//     thread TURNS PARTS
//
// prints the median nanoseconds of a turn. PARTS says how much of it is done: 0 nothing; 1 the thread looks up where the
// guard page of its stack lies; 2 it also makes itself a stack for signals, with a guard of its own, so that a handler can
// tell when the first one overflows; 3 both threads also share what std::thread keeps of a thread and of its result, the
// closure is handed over in an allocation, and the stack's size is asked for.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>
#include "turns.h"

enum { PAGE = 4096 };

static int parts;

// Two counted allocations, as two `Arc`s: the thread's handle, and the place of its result; and a `Box`.
struct shared { atomic_int owners; long payload[8]; };
struct state { struct shared *handle, *result; void *closure; };

static struct shared *shared(void) {
    struct shared *new = calloc(1, sizeof *new);
    if (new != NULL)
        atomic_store(&new->owners, 2);
    return new;
}

static void leave(struct shared *shared) {
    if (atomic_fetch_sub_explicit(&shared->owners, 1, memory_order_acq_rel) == 1)
        free(shared);
}

static void look_up_guard(void) {
    pthread_attr_t attributes;
    void *stack;
    size_t size, guard;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        exit(1);
    pthread_attr_getguardsize(&attributes, &guard);
    pthread_attr_getstack(&attributes, &stack, &size);
    pthread_attr_destroy(&attributes);
    gettid();
}

static void *begin(void *argument) {
    struct state *state = argument;
    size_t size = sysconf(_SC_SIGSTKSZ);
    char *stack = NULL;
    if (parts >= 1)
        look_up_guard();
    if (parts >= 2) {
        stack_t before;
        sigaltstack(NULL, &before);
        stack = mmap(NULL, PAGE + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (stack == MAP_FAILED || mprotect(stack, PAGE, PROT_NONE) != 0)
            exit(1);
        sigaltstack(&(stack_t){.ss_sp = stack + PAGE, .ss_size = size}, NULL);
    }
    if (parts >= 3) {
        free(state->closure);
        leave(state->result);
        leave(state->handle);
    }
    if (parts >= 2) {
        sigaltstack(&(stack_t){.ss_flags = SS_DISABLE, .ss_size = size}, NULL);
        munmap(stack, PAGE + size);
    }
    return NULL;
}

static int turn(void) {
    struct state state = {NULL, NULL, NULL};
    pthread_attr_t sized, *attributes = NULL;
    if (parts >= 3) {
        state.handle = shared(), state.result = shared(), state.closure = malloc(64);
        attributes = &sized;
        if (state.handle == NULL || state.result == NULL || state.closure == NULL || pthread_attr_init(&sized) != 0)
            return -1;
        pthread_attr_setstacksize(&sized, 2 << 20);
    }
    pthread_t thread;
    if (pthread_create(&thread, attributes, begin, &state) != 0 || pthread_join(thread, NULL) != 0)
        return -1;
    if (parts >= 3) {
        pthread_attr_destroy(&sized);
        leave(state.result);
        leave(state.handle);
    }
    return 0;
}

int main(int count, char **words) {
    parts = count == 3 ? atoi(words[2]) : 0;
    return measure(count == 3 ? strtoul(words[1], NULL, 10) : 0, 1, "thread", turn);
}
