// What a message of 64 KiB costs that nobody answers: one process writes every byte of it, another reads them all.
//
//     stream WAY TIMES
//
// prints the nanoseconds of a message: the median of so many streams. WAY is what the messages go through:
//     pipe       a pipe
//     copied     memory that both map; each process has a message of its own, and copies it there and from there
//     in-place   that memory; the messages are written and read where they lie
#define _GNU_SOURCE
// As rustc does it: at -O2 gcc is content with narrower loops.
#pragma GCC optimize "O3"
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "turns.h"

enum { WORDS = 8192, SIZE = WORDS * sizeof(uint64_t), SLOTS = 4, MESSAGES = 1000 };

// A slot holds a whole message. It changes hands twice for each: its count is even while it is the sender's. The other, if it waits,
// first says that it sleeps.
struct slot {
    _Alignas(64) uint64_t message[WORDS];
    atomic_uint changed, sleeps;
};

static struct slot *slots;
static uint64_t own[WORDS];
static int forth[2], back[2];
static enum { PIPE, COPIED, IN_PLACE } way;
static unsigned long sent;

static void end(const char *why) {
    perror(why);
    exit(1);
}

static void futex(atomic_uint *word, int what, unsigned number) {
    syscall(SYS_futex, word, what, number, NULL, NULL, 0);
}

static unsigned changes(unsigned long message, int full) {
    return 2 * (unsigned)(message / SLOTS) + full;
}

static int is(unsigned long message, int full) {
    return slots[message % SLOTS].changed == changes(message, full);
}

static void await(unsigned long message, int full) {
    struct slot *slot = &slots[message % SLOTS];
    while (!is(message, full)) {
        unsigned now = slot->changed;
        slot->sleeps = 1;
        if (!is(message, full))
            futex(&slot->changed, FUTEX_WAIT, now);
    }
}

static void change(unsigned long message, int full) {
    struct slot *slot = &slots[message % SLOTS];
    slot->changed = changes(message, full);
    if (slot->sleeps) {
        slot->sleeps = 0;
        futex(&slot->changed, FUTEX_WAKE, 1);
    }
}

static void fill(uint64_t *message, uint64_t number) {
    for (int i = 0; i < WORDS; i++)
        message[i] = number++;
}

static void check(const uint64_t *message, uint64_t number) {
    // One sum would have each addition wait for the one before.
    uint64_t sums[8] = {0};
    for (int i = 0; i < WORDS; i += 8)
        for (int part = 0; part < 8; part++)
            sums[part] += message[i + part];
    uint64_t sum = 0;
    for (int part = 0; part < 8; part++)
        sum += sums[part];
    if (sum != WORDS * number + (uint64_t)WORDS * (WORDS - 1) / 2) {
        fprintf(stderr, "stream: another message came\n");
        exit(1);
    }
}

static void whole(ssize_t (*call)(int, void *, size_t), int file, void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t more = call(file, (char *)bytes + done, size - done);
        if (more <= 0)
            end("stream");
        done += more;
    }
}

static ssize_t put(int file, void *bytes, size_t size) {
    return write(file, bytes, size);
}

static void send_one(void) {
    uint64_t *message = way == IN_PLACE ? slots[sent % SLOTS].message : own;
    if (way != IN_PLACE)
        fill(message, sent);
    if (way == PIPE) {
        whole(put, forth[1], message, SIZE);
    } else {
        // A side that has to wait at all waits for more than one slot: else the two would take turns message by message.
        if (!is(sent, 0))
            await(sent + (SLOTS - 1) / 2, 0);
        if (way == IN_PLACE)
            fill(message, sent);
        else
            memcpy(slots[sent % SLOTS].message, message, SIZE);
        change(sent, 1);
    }
    sent++;
}

static void receive_one(unsigned long number) {
    if (way == PIPE) {
        whole(read, forth[0], own, SIZE);
        check(own, number);
        return;
    }
    await(number, 1);
    if (way == COPIED)
        memcpy(own, slots[number % SLOTS].message, SIZE);
    check(way == COPIED ? own : slots[number % SLOTS].message, number);
    change(number + SLOTS, 0);
}

// A stream ends when the other has all of it, and has said so.
static int stream(void) {
    char said;
    for (int i = 0; i < MESSAGES; i++)
        send_one();
    whole(read, back[0], &said, 1);
    return 0;
}

static void receive(void) {
    for (unsigned long number = 0;; number++) {
        receive_one(number);
        if ((number + 1) % MESSAGES == 0)
            whole(put, back[1], "", 1);
    }
}

int main(int count, char **words) {
    const char *ways[] = {"pipe", "copied", "in-place"};
    while (count == 3 && way <= IN_PLACE && strcmp(words[1], ways[way]) != 0)
        way++;
    if (count != 3 || way > IN_PLACE) {
        fprintf(stderr, "say pipe, copied or in-place, and how many streams\n");
        return 2;
    }
    slots = mmap(NULL, SLOTS * sizeof *slots, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (slots == MAP_FAILED || pipe(forth) != 0 || pipe(back) != 0)
        end("stream");
    pid_t parent = getpid(), other = fork();
    if (other == -1)
        end("fork");
    if (other == 0) {
        // It ends with the one that sends.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            receive();
        return 1;
    }
    stream(); // touches the memory for the first time
    return measure(strtoul(words[2], NULL, 10), MESSAGES, "stream", stream);
}
