"""Plays AWS on one machine, from `template.yaml`; never deployed.

What API Gateway, Lambda and the SQS triggers do, done here: the template is read for routes,
authorizer, environment, limits and triggers, and the handlers are reached only through it. The
storage behind them (DynamoDB, S3, SQS) is MiniStack, a process of its own.

    template    template.yaml as plain data, and its intrinsic functions resolved
    plan        what is to be run: functions, routes, authorizers, refusals, triggers
    gateway     HTTP in, an event out, and back
    functions   one event at a time per worker process
    emulator    MiniStack, started, watched and stopped
"""
