/* Debian's SyncEvolution 2.0.0 gives curl null pointers where its callbacks belong, and dies at its first message.
 * Loaded ahead of it, this puts in callbacks that call the functions meant. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>

typedef int (*setopt_t)(void *, int, ...);
typedef size_t (*data_t)(void *, void *, size_t);

static size_t call(const char *name, void *octets, size_t count, void *agent) {
  data_t method = (data_t)dlsym(RTLD_DEFAULT, name);
  return method ? method(agent, octets, count) : 0;
}

static size_t read_data(void *octets, size_t size, size_t count, void *agent) {
  return call("_ZN7SyncEvo18CurlTransportAgent8readDataEPvm", octets, size * count, agent);
}

static size_t write_data(void *octets, size_t size, size_t count, void *agent) {
  return call("_ZN7SyncEvo18CurlTransportAgent9writeDataEPvm", octets, size * count, agent);
}

int curl_easy_setopt(void *handle, int option, ...) {
  setopt_t real = (setopt_t)dlsym(RTLD_NEXT, "curl_easy_setopt");
  va_list arguments;
  va_start(arguments, option);
  void *value = va_arg(arguments, void *);
  va_end(arguments);
  if (option == 20012 && value == NULL) value = (void *)read_data;  /* CURLOPT_READFUNCTION */
  if (option == 20011 && value == NULL) value = (void *)write_data; /* CURLOPT_WRITEFUNCTION */
  return real(handle, option, value);
}
