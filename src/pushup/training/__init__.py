"""Training: one LightningModule a task, losses, schedules, callbacks."""
