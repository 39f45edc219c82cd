/* Answers every HTTP/1.1 request with 201 and a job's id, much faster than any generator can ask.
 *
 * One thread, one epoll. Understands what the generators send: keep-alive, Content-Length, heads
 * and bodies in any pieces. Prints its port, and ends when its parent does or closes its stdin.
 * With an argument it prints then, too, in microseconds, the median of its own times: from a
 * request's arrival in the kernel until its reply was sent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 16384, HEAD_BYTES = 8192, EVENTS = 256 };

struct connection {
    size_t head_bytes; /* of a head that is not complete yet */
    size_t body_bytes; /* still to come; the reply is due when they are here */
    char head[HEAD_BYTES + 1];
};

static struct connection *connections[MAX_CONNECTIONS];
static char received[65536];
static unsigned long long jobs;
static int is_timed;
static struct timespec arrived;
static unsigned long long took_us[10001]; /* the last one: that long or longer */

static void note_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    long us = (now.tv_sec - arrived.tv_sec) * 1000000 + (now.tv_nsec - arrived.tv_nsec) / 1000;
    took_us[us < 0 ? 0 : us > 10000 ? 10000 : us]++;
}

static int median_us(void) {
    unsigned long long seen = 0;
    for (int us = 0; us < 10000; us++)
        if ((seen += took_us[us]) * 2 >= jobs) return us;
    return 10000;
}

/* recv, and when the last bytes had arrived. */
static ssize_t receive(int fd) {
    if (!is_timed) return recv(fd, received, sizeof received, 0);
    char control[64];
    struct iovec piece = {received, sizeof received};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t bytes = recvmsg(fd, &message, 0);
    struct cmsghdr *note = bytes > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (note) memcpy(&arrived, CMSG_DATA(note), sizeof arrived);
    return bytes;
}

static int reply(int fd) {
    static char text[256];
    char body[48];
    int body_bytes = snprintf(body, sizeof body, "{\"id\":\"job-%012llu\"}", ++jobs);
    int bytes = snprintf(text, sizeof text,
                         "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                         "Content-Length: %d\r\n\r\n%s", body_bytes, body);
    if (send(fd, text, bytes, MSG_NOSIGNAL) != bytes) return -1;
    if (is_timed) note_time();
    return 0;
}

static size_t content_length(const char *head) {
    const char *field = strcasestr(head, "\r\ncontent-length:");
    return field ? strtoull(field + 17, NULL, 10) : 0;
}

/* Takes what has arrived; -1 when the connection is good for nothing more. */
static int take(int fd, struct connection *c, const char *data, size_t bytes) {
    while (bytes) {
        if (c->body_bytes) {
            size_t part = bytes < c->body_bytes ? bytes : c->body_bytes;
            c->body_bytes -= part;
            data += part;
            bytes -= part;
            if (!c->body_bytes && reply(fd)) return -1;
            continue;
        }
        size_t room = HEAD_BYTES - c->head_bytes, before = c->head_bytes;
        size_t part = bytes < room ? bytes : room;
        memcpy(c->head + before, data, part);
        c->head[before + part] = 0;
        char *end = strstr(c->head, "\r\n\r\n");
        if (!end) {
            if (part == room) return -1;
            c->head_bytes += part;
            return 0;
        }
        size_t head_bytes = end + 4 - c->head;
        end[2] = 0;
        c->body_bytes = content_length(c->head);
        c->head_bytes = 0;
        data += head_bytes - before;
        bytes -= head_bytes - before;
        if (!c->body_bytes && reply(fd)) return -1;
    }
    return 0;
}

static void drop(int fd) {
    free(connections[fd]);
    connections[fd] = NULL;
    close(fd);
}

static void serve(int fd) {
    ssize_t bytes = receive(fd);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (bytes <= 0 || take(fd, connections[fd], received, bytes)) drop(fd);
}

static void welcome(int loop, int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    if (fd < 0) return;
    if (fd >= MAX_CONNECTIONS) { close(fd); return; }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (is_timed) setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    connections[fd] = calloc(1, sizeof(struct connection));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
}

int main(int count, char **arguments) {
    (void)arguments;
    is_timed = count > 1;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&address, &length)) {
        perror("bench server");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    int loop = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
    event.data.fd = STDIN_FILENO;
    epoll_ctl(loop, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    for (;;) {
        int ready = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == STDIN_FILENO) {
                if (is_timed) printf("%d\n", median_us());
                return 0;
            }
            if (fd == listener) welcome(loop, listener);
            else serve(fd);
        }
    }
}
