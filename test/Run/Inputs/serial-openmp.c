/* The functions of LLVM's OpenMP runtime that compiled code calls, for one
 * thread: all that a machine without libomp needs. */
#include <stdint.h>

typedef void (*Microtask)(int32_t *globalThread, int32_t *boundThread, void *);

int32_t __kmpc_global_thread_num(void *location) {
  (void)location;
  return 0;
}

/* Code of ptq passes at most one argument, a struct of what it shares. */
void __kmpc_fork_call(void *location, int32_t count, Microtask task, void *shared) {
  int32_t thread = 0;
  (void)location, (void)count;
  task(&thread, &thread, shared);
}

void __kmpc_fork_call_if(void *location, int32_t count, Microtask task, int32_t condition,
                         void *shared) {
  (void)condition;
  __kmpc_fork_call(location, count, task, shared);
}

void __kmpc_serialized_parallel(void *location, int32_t thread) {
  (void)location, (void)thread;
}

void __kmpc_end_serialized_parallel(void *location, int32_t thread) {
  (void)location, (void)thread;
}

/* One thread has all of the loop: its bounds stay. */
void __kmpc_for_static_init_8u(void *location, int32_t thread, int32_t schedule, int32_t *isLast,
                               uint64_t *lower, uint64_t *upper, int64_t *stride,
                               int64_t increment, int64_t chunk) {
  (void)location, (void)thread, (void)schedule, (void)lower, (void)upper, (void)stride;
  (void)increment, (void)chunk;
  *isLast = 1;
}

void __kmpc_for_static_fini(void *location, int32_t thread) { (void)location, (void)thread; }

void __kmpc_barrier(void *location, int32_t thread) { (void)location, (void)thread; }
