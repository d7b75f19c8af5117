int CTaskAPI_unused;
