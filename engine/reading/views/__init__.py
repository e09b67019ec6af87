"""Reading: worklist, task and case pages, histories, replay and verification, exports. Changes nothing."""
