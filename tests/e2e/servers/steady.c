/* steady DELAY_US: answers every HTTP/1.1 request 201, DELAY_US after its last byte had arrived.
 *
 * When it arrived the kernel says (SO_TIMESTAMPNS), so that what keeps this server from reading
 * takes nothing from the truth, and a timerfd says when the reply is due. Where other programs keep
 * the cores busy a thread may get its turn milliseconds later, so there is one for each core, all do
 * the same, and who comes first has done it. Heads and bodies may come in any pieces. Prints its
 * port. A line on stdin asks for what it has seen, which comes as a line of JSON; it ends when its
 * stdin does, or its parent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_CONNECTIONS = 4096, HEAD_BYTES = 8192, EVENTS = 256, MAX_PLACES = 64, PLACE_BYTES = 128,
    MAX_PENDING = 1 << 16, MAX_KEYS = 1 << 18, MAX_US = 1000000, MAX_CORES = 64,
    SHORTEST_SLICE_NS = 100000
};

struct place { /* a method and a path */
    char name[PLACE_BYTES];
    unsigned long requests, keys;
};

struct connection {
    unsigned serial; /* of the connections that have had this descriptor */
    size_t head_bytes; /* of a head that is not complete yet */
    size_t body_bytes; /* still to come; the request has arrived when they are here */
    char head[HEAD_BYTES + 1];
};

struct pending {
    int fd;
    unsigned serial;
    int64_t arrived_ns; /* of the monotonic clock */
};

static struct connection *connections[MAX_CONNECTIONS];
static struct place places[MAX_PLACES];
static int place_count;
static struct pending pending[MAX_PENDING]; /* a ring: all wait equally long, so in order */
static unsigned first_pending, last_pending;
static uint64_t keys[MAX_KEYS]; /* hashes of those seen, open addressing */
static unsigned key_count, answered, longest_us, serial;
static unsigned took_us[MAX_US + 1]; /* from arrival to reply; the last one: that long or longer */
static int64_t delay_ns, arrived_ns;
static int listener;
static char received[65536];
static pthread_mutex_t all_of_this = PTHREAD_MUTEX_INITIALIZER;

static int loops[MAX_CORES], timers[MAX_CORES], thread_count;

static void watch(int loop, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event)) abort();
}

/* Of all threads; 0 is never. What has rung before is over. */
static void set_timers(int64_t at_ns) {
    struct itimerspec at = {.it_value = {at_ns / 1000000000, at_ns % 1000000000}};
    for (int i = 0; i < thread_count; i++)
        timerfd_settime(timers[i], TFD_TIMER_ABSTIME, &at, NULL);
}

static int64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* recv, and when the last of these bytes had arrived. */
static ssize_t receive(int fd) {
    char control[64];
    struct iovec piece = {received, sizeof received};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t bytes = recvmsg(fd, &message, 0);
    struct cmsghdr *note = bytes > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    arrived_ns = now_ns(CLOCK_MONOTONIC);
    if (note) {
        struct timespec at;
        memcpy(&at, CMSG_DATA(note), sizeof at);
        int64_t ago = now_ns(CLOCK_REALTIME) - at.tv_sec * INT64_C(1000000000) - at.tv_nsec;
        if (ago > 0) arrived_ns -= ago;
    }
    return bytes;
}

static struct place *place_of(const char *head) {
    char name[PLACE_BYTES];
    const char *method = strchr(head, ' '), *path = method ? strchr(method + 1, ' ') : NULL;
    size_t bytes = path ? (size_t)(path - head) : 0;
    if (bytes >= sizeof name) bytes = sizeof name - 1;
    memcpy(name, head, bytes);
    name[bytes] = 0;
    for (int i = 0; i < place_count; i++)
        if (!strcmp(places[i].name, name)) return &places[i];
    if (place_count == MAX_PLACES) return &places[MAX_PLACES - 1];
    strcpy(places[place_count].name, name);
    return &places[place_count++];
}

static int is_new_key(const char *key) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *key && *key != '\r'; key++) hash = (hash ^ (unsigned char)*key) * UINT64_C(1099511628211);
    uint64_t at = hash % MAX_KEYS;
    for (; keys[at]; at = (at + 1) % MAX_KEYS)
        if (keys[at] == hash) return 0;
    if (++key_count == MAX_KEYS) abort();
    keys[at] = hash;
    return 1;
}

static const char *field(const char *head, const char *name) {
    const char *found = strcasestr(head, name);
    return found ? found + strlen(name) + strspn(found + strlen(name), " ") : NULL;
}

static size_t note_head(const char *head) {
    struct place *place = place_of(head);
    const char *length = field(head, "\r\ncontent-length:"), *key = field(head, "\r\nidempotency-key:");
    place->requests++;
    if (key) place->keys += is_new_key(key);
    return length ? strtoull(length, NULL, 10) : 0;
}

static void wait_for_reply(int fd) {
    if (last_pending - first_pending == MAX_PENDING) abort();
    struct pending *one = &pending[last_pending++ % MAX_PENDING];
    *one = (struct pending){fd, connections[fd]->serial, arrived_ns};
}

static void take(int fd, struct connection *c, const char *data, size_t bytes) {
    while (bytes) {
        if (c->body_bytes) {
            size_t part = bytes < c->body_bytes ? bytes : c->body_bytes;
            c->body_bytes -= part;
            data += part;
            bytes -= part;
        } else {
            size_t room = HEAD_BYTES - c->head_bytes, before = c->head_bytes;
            size_t part = bytes < room ? bytes : room;
            memcpy(c->head + before, data, part);
            c->head[before + part] = 0;
            char *end = strstr(c->head, "\r\n\r\n");
            if (!end) {
                if (part == room) abort();
                c->head_bytes += part;
                return;
            }
            size_t head_bytes = end + 4 - c->head;
            end[2] = 0;
            c->head_bytes = 0;
            c->body_bytes = note_head(c->head);
            data += head_bytes - before;
            bytes -= head_bytes - before;
        }
        if (!c->body_bytes) wait_for_reply(fd);
    }
}

static void reply(const struct pending *one) {
    static const char text[] = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                               "Content-Length: 29\r\n\r\n{\"id\":\"1\",\"status\":\"pending\"}";
    struct connection *c = connections[one->fd];
    if (!c || c->serial != one->serial) return;
    send(one->fd, text, sizeof text - 1, MSG_NOSIGNAL);
    int64_t us = (now_ns(CLOCK_MONOTONIC) - one->arrived_ns) / 1000;
    took_us[us < 0 ? 0 : us > MAX_US ? MAX_US : us]++;
    if (us > longest_us) longest_us = us;
    answered++;
}

static void reply_to_due(void) {
    while (first_pending != last_pending) {
        const struct pending *one = &pending[first_pending % MAX_PENDING];
        if (one->arrived_ns + delay_ns > now_ns(CLOCK_MONOTONIC)) break;
        first_pending++;
        reply(one);
    }
    const struct pending *next = &pending[first_pending % MAX_PENDING];
    set_timers(first_pending == last_pending ? 0 : next->arrived_ns + delay_ns);
}

static void drop(int fd) {
    free(connections[fd]);
    connections[fd] = NULL;
    close(fd);
}

static void serve(int fd) {
    if (!connections[fd]) return; /* another thread was quicker */
    ssize_t bytes = receive(fd);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (bytes <= 0) drop(fd);
    else take(fd, connections[fd], received, bytes);
}

static void welcome(void) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    if (fd < 0) return;
    if (fd >= MAX_CONNECTIONS) abort();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    connections[fd] = calloc(1, sizeof(struct connection));
    connections[fd]->serial = ++serial;
    for (int i = 0; i < thread_count; i++) watch(loops[i], fd);
}

/* Where others keep the cores busy, the scheduler lets one of them end its slice, some 3 ms, before
 * it wakes who has slept, unless that one asks for shorter slices (Linux 6.12; others ignore it). */
static void ask_for_short_slices(void) {
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } wanted = {.size = 48, .policy = SCHED_OTHER, .runtime = SHORTEST_SLICE_NS};
    syscall(SYS_sched_setattr, 0, &wanted, 0);
}

static unsigned percentile_us(unsigned percent) {
    unsigned long seen = 0;
    for (unsigned us = 0; us < MAX_US; us++)
        if ((seen += took_us[us]) * 100 >= (unsigned long)answered * percent) return us;
    return MAX_US;
}

static void print_counts(const char *name, int of_keys) {
    printf("\"%s\":{", name);
    for (int i = 0, n = 0; i < place_count; i++) {
        unsigned long count = of_keys ? places[i].keys : places[i].requests;
        if (count) printf("%s\"%s\":%lu", n++ ? "," : "", places[i].name, count);
    }
    printf("},");
}

static void tell(void) {
    putchar('{');
    print_counts("requests", 0);
    print_counts("keys", 1);
    printf("\"answered\":%u,\"took_us\":{\"p50\":%u,\"p99\":%u,\"max\":%u}}\n", answered,
           answered ? percentile_us(50) : 0, answered ? percentile_us(99) : 0, longest_us);
    fflush(stdout);
}

static void handle(int fd) {
    if (fd == listener) welcome();
    else if (fd != STDIN_FILENO) serve(fd);
    else if (read(fd, received, sizeof received) <= 0) exit(0);
    else tell();
}

static void *run(void *number) {
    int loop = loops[(intptr_t)number], timer = timers[(intptr_t)number];
    struct epoll_event events[EVENTS];
    ask_for_short_slices();
    for (;;) {
        int ready = epoll_wait(loop, events, EVENTS, -1);
        pthread_mutex_lock(&all_of_this);
        for (int i = 0; i < ready; i++)
            if (events[i].data.fd != timer) handle(events[i].data.fd);
        reply_to_due();
        pthread_mutex_unlock(&all_of_this);
    }
    return NULL;
}

static void start_threads(void) {
    cpu_set_t cores, one;
    if (sched_getaffinity(0, sizeof cores, &cores)) abort();
    thread_count = CPU_COUNT(&cores) < MAX_CORES ? CPU_COUNT(&cores) : MAX_CORES;
    for (int i = 0, core = -1; i < thread_count; i++) {
        while (!CPU_ISSET(++core, &cores)) {}
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        loops[i] = epoll_create1(EPOLL_CLOEXEC);
        timers[i] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        watch(loops[i], listener);
        watch(loops[i], timers[i]);
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, (void *)(intptr_t)i)) abort();
        pthread_setaffinity_np(thread, sizeof one, &one);
    }
    watch(loops[0], STDIN_FILENO);
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    delay_ns = strtoll(arguments[1], NULL, 10) * 1000;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&address, &length)) {
        perror("steady server");
        return 1;
    }
    pthread_mutex_lock(&all_of_this);
    start_threads();
    pthread_mutex_unlock(&all_of_this);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pause();
}
