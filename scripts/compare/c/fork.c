// What a process costs with nothing around it: fork, _exit in the child, waitpid in the parent; and, step by step, what the
// program in Rust does besides.
//
//     fork TURNS PARTS
//
// prints, a line each: the median nanoseconds of a turn; and how many pages of its own the parent has written, since fork
// copies an entry for each. PARTS says how much is done besides: 0 nothing; 1 it allocates the list of its children in each
// turn, so the allocator's pages are written, and copied, after each fork; 2 it also maps what Rust's runtime does: libgcc,
// and a stack for signals with a guard; 3 it has also written as many pages; there, half of them hold constants with addresses
// in them, which are only known when the program is loaded.
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "turns.h"

enum { MORE_PAGES = 40 };

static int parts;

static int turn(void) {
    pid_t only, *children = parts >= 1 ? malloc(sizeof *children) : &only;
    if (children == NULL)
        return -1;
    *children = fork();
    if (*children == 0)
        _exit(0);
    int status, failed = *children == -1 || waitpid(*children, &status, 0) == -1 || status != 0;
    if (parts >= 1)
        free(children);
    return failed;
}

static char *map(size_t size) {
    char *new = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (new == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return new;
}

// How many pages of its own this process has written.
static long written(long page) {
    char line[256];
    long kib = -1;
    FILE *rollup = fopen("/proc/self/smaps_rollup", "r");
    while (rollup != NULL && kib == -1 && fgets(line, sizeof line, rollup) != NULL)
        if (strncmp(line, "Anonymous:", 10) == 0)
            kib = atol(line + 10);
    if (rollup != NULL)
        fclose(rollup);
    return kib * 1024 / page;
}

int main(int count, char **words) {
    long page = sysconf(_SC_PAGESIZE);
    parts = count == 3 ? atoi(words[2]) : 0;
    if (parts >= 2) {
        if (dlopen("libgcc_s.so.1", RTLD_NOW) == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        size_t size = sysconf(_SC_SIGSTKSZ);
        char *stack = map(page + size);
        if (mprotect(stack, page, PROT_NONE) != 0)
            return 1;
        sigaltstack(&(stack_t){.ss_sp = stack + page, .ss_size = size}, NULL);
    }
    if (parts >= 3) {
        char *touched = map(MORE_PAGES * page);
        // A huge page would be copied as one. A kernel that has none refuses the advice.
        madvise(touched, MORE_PAGES * page, MADV_NOHUGEPAGE);
        for (long i = 0; i < MORE_PAGES; i++)
            touched[i * page] = 1;
    }
    int failed = measure(count == 3 ? strtoul(words[1], NULL, 10) : 0, 1, "fork", turn);
    if (failed == 0)
        printf("%ld\n", written(page));
    return failed;
}
