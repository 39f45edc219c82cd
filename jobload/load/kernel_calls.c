/* The system calls of a request without what surrounds them in Python: `PlainStream` is what
 * plain_stream.py has, `set_timer` what exact_alarm.py asks of ctypes. The wheel has it where it was
 * compiled (hatch_build.py). None of them blocks, so the lock of the interpreter is kept.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

#define RECEIVE_BYTES 16384
#define NOT_STAMPED_S -1.0

typedef struct {
    PyObject_HEAD
    int descriptor; /* below zero: closed */
    PyObject *raw;
} PlainStream;

static char received[RECEIVE_BYTES]; /* of whoever has the lock */

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)(now.tv_sec * 1000000000LL + now.tv_nsec) / 1e9;
}

static double lag_s_of(struct msghdr *message)
{
    struct timespec came, now;
    struct cmsghdr *note = CMSG_FIRSTHDR(message);
    if (note == NULL || note->cmsg_level != SOL_SOCKET || note->cmsg_type != SO_TIMESTAMPNS)
        return NOT_STAMPED_S;
    memcpy(&came, CMSG_DATA(note), sizeof came);
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)(now.tv_sec - came.tv_sec) + (double)(now.tv_nsec - came.tv_nsec) * 1e-9;
}

/* Whether to call again: a signal came before anything else had. */
static int is_interrupted(Py_ssize_t result)
{
    return result < 0 && errno == EINTR && PyErr_CheckSignals() == 0;
}

static PyObject *stream_send(PlainStream *self, PyObject *data)
{
    Py_buffer view;
    Py_ssize_t sent;
    if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    do
        sent = send(self->descriptor, view.buf, (size_t)view.len, MSG_NOSIGNAL);
    while (is_interrupted(sent));
    PyBuffer_Release(&view);
    if (sent >= 0)
        return PyLong_FromSsize_t(sent);
    return PyErr_Occurred() ? NULL : PyErr_SetFromErrno(PyExc_OSError);
}

static PyObject *stream_receive(PlainStream *self, PyObject *Py_UNUSED(none))
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct iovec piece = {received, RECEIVE_BYTES};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    Py_ssize_t length;
    do {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        length = recvmsg(self->descriptor, &message, 0);
    } while (is_interrupted(length));
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        Py_RETURN_NONE;
    if (length < 0)
        return PyErr_Occurred() ? NULL : PyErr_SetFromErrno(PyExc_OSError);
    double lag_s = lag_s_of(&message), read_s = seconds_of(CLOCK_MONOTONIC);
    return Py_BuildValue("y#dd", received, length, lag_s, read_s);
}

static PyObject *stream_close(PlainStream *self, PyObject *Py_UNUSED(none))
{
    self->descriptor = -1;
    return PyObject_CallMethod(self->raw, "close", NULL);
}

static int stream_init(PlainStream *self, PyObject *args, PyObject *named)
{
    static char *names[] = {"raw", NULL};
    PyObject *raw;
    if (!PyArg_ParseTupleAndKeywords(args, named, "O", names, &raw))
        return -1;
    if ((self->descriptor = PyObject_AsFileDescriptor(raw)) < 0)
        return -1;
    Py_XSETREF(self->raw, Py_NewRef(raw));
    return 0;
}

static void stream_dealloc(PlainStream *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->raw);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef stream_methods[] = {
    {"send", (PyCFunction)stream_send, METH_O, NULL},
    {"receive", (PyCFunction)stream_receive, METH_NOARGS, NULL},
    {"close", (PyCFunction)stream_close, METH_NOARGS, NULL},
    {NULL},
};
static PyType_Slot stream_slots[] = {
    {Py_tp_init, stream_init},
    {Py_tp_dealloc, stream_dealloc},
    {Py_tp_methods, stream_methods},
    {0, NULL},
};
static PyType_Spec stream_spec = {
    "jobload.load.kernel_calls.PlainStream", sizeof(PlainStream), 0, Py_TPFLAGS_DEFAULT, stream_slots};

static PyObject *set_timer(PyObject *Py_UNUSED(module), PyObject *const *given, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "a descriptor and a time are expected");
        return NULL;
    }
    long descriptor = PyLong_AsLong(given[0]);
    double at_s = PyFloat_AsDouble(given[1]);
    if (PyErr_Occurred())
        return NULL;
    long long at_ns = (at_s > 0 ? (long long)(at_s * 1e9) : 0) + 1; /* 0 would stop it */
    struct itimerspec once = {.it_value = {at_ns / 1000000000, at_ns % 1000000000}};
    if (timerfd_settime((int)descriptor, TFD_TIMER_ABSTIME, &once, NULL) < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"set_timer", (PyCFunction)(void (*)(void))set_timer, METH_FASTCALL, NULL},
    {NULL},
};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "kernel_calls", NULL, -1, functions};

PyMODINIT_FUNC PyInit_kernel_calls(void)
{
    PyObject *made = PyModule_Create(&module), *type = PyType_FromSpec(&stream_spec);
    if (made == NULL || type == NULL || PyModule_AddObject(made, "PlainStream", type) < 0) {
        Py_XDECREF(type);
        Py_CLEAR(made);
    }
    return made;
}
