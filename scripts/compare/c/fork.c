// What a process costs with nothing around it: fork, _exit in the child, waitpid in the parent.
//
//     fork TURNS PAGES
//
// touches that many pages more than it needs and prints, a line each: the median nanoseconds of a turn; how many bytes the
// parent has in memory, and how many its page tables take, for that is what fork copies.
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "turns.h"

static int turn(void) {
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    int status;
    return child == -1 || waitpid(child, &status, 0) == -1 || status != 0;
}

// A line of proc_pid_status(5), which holds KiB, in bytes.
static long bytes(const char *name) {
    char line[256];
    long value = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && value == -1 && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            value = 1024 * atol(line + strlen(name));
    if (status != NULL)
        fclose(status);
    return value;
}

int main(int count, char **words) {
    size_t page = sysconf(_SC_PAGESIZE), more = count == 3 ? page * strtoul(words[2], NULL, 10) : 0;
    char *touched = mmap(NULL, more + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (touched == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    // A huge page would be copied as one. A kernel that has none refuses the advice.
    madvise(touched, more + page, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < more; i += page)
        touched[i] = 1;
    int failed = measure(count == 3 ? strtoul(words[1], NULL, 10) : 0, 1, "fork", turn);
    printf("%ld\n%ld\n", bytes("VmRSS:"), bytes("VmPTE:"));
    return failed;
}
