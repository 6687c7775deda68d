// The orders of orders.rs, with POSIX mutexes, and a data race between two processes: `locks PROGRAM TIMES`.
// Tools know POSIX mutexes. They don't know the mutex of Rust's standard library, which uses the kernel's futex directly.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t locks[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static long accounts[2], times;
static int ordered;

// ANCHOR: transfer
// Transfers from the account of this number to the other one. Locks the paying account first, or keeps to one order.
static void *transfer(void *number) {
    long from = (long)number, first = ordered ? 0 : from;
    for (long turn = 0; turn < times; turn++) {
        pthread_mutex_lock(&locks[first]);
        pthread_mutex_lock(&locks[1 - first]);
        accounts[from]--;
        accounts[1 - from]++;
        pthread_mutex_unlock(&locks[1 - first]);
        pthread_mutex_unlock(&locks[first]);
    }
    return NULL;
}
// ANCHOR_END: transfer

// The second thread starts when the first has ended, so the run looks right.
static void one_after_the_other(void) {
    for (long number = 0; number < 2; number++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, transfer, (void *)number) != 0) exit(1);
        pthread_join(thread, NULL);
    }
}

// Two processes add to one plain variable in a mapping that they share.
static void across_processes(void) {
    volatile long *counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counter == MAP_FAILED) exit(1);
    pid_t child = fork();
    if (child < 0) exit(1);
    for (long turn = 0; turn < times; turn++) *counter += 1;
    if (child == 0) _exit(0);
    int status;
    waitpid(child, &status, 0);
}

int main(int words, char **word) {
    if (words != 3) return 1;
    times = atol(word[2]);
    ordered = strcmp(word[1], "one-order-pthread") == 0;
    if (strcmp(word[1], "across-processes") == 0)
        across_processes();
    else
        one_after_the_other();
    return 0;
}
