"""The administrator's pages: incidents, outbox, calendar, versions. Imports the frame, no other room of pages."""
