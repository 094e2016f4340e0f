/*
 * lr_pause.h
 *		Named points at which a test stops a backend. They exist in test builds only.
 */
#ifndef LR_PAUSE_H
#define LR_PAUSE_H

#ifdef LR_TEST
extern void lr_pause_init(void);
extern void lr_pause(const char *point);
#define LR_PAUSE(point) lr_pause(point)
#else
#define LR_PAUSE(point) ((void) 0)
#endif

#endif /* LR_PAUSE_H */
